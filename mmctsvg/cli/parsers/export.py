"""Command lines that bring models elsewhere."""

from pathlib import Path

from .common import Parser


def export(parser: Parser) -> None:
    """Write a generator as one ONNX file or PyTorch program that other software plays.

    Numbers of videos and frames stay free, the generator card is inside, and the file is written
    only if its frames are PyTorch's. Needs pip install 'mmctsvg[export]'.

    Examples:
        %(prog)s demo --out demo.onnx
        %(prog)s generator.safetensors --out generator.pt2
        %(prog)s generator.safetensors --out replay.onnx --vectors
    """
    add = parser.add_argument
    parser.shared("weights")
    add("--out", type=Path, required=True, metavar="FILE", help="NAME.onnx or NAME.pt2")
    vectors = "take motion vectors, as in motion.safetensors, in place of noise"
    add("--vectors", action="store_true", help=vectors)


def export_web(parser: Parser) -> None:
    """Write a page on which a model plays in the browser, into a folder for any web server.

    Visitors choose and mix people and actions, change the motion, scrub time, and download GIF,
    WebM or PNG. The page asks no other host for anything. onnxruntime-web is fetched by npm once.
    Needs pip install 'mmctsvg[export]'.

    Examples:
        %(prog)s demo --out site
        %(prog)s generator.safetensors --tuning tuning/tuning.safetensors --out site
        %(prog)s demo --out site --runtime node_modules/onnxruntime-web
    """
    add = parser.add_argument
    parser.shared("weights", "--tuning")
    add("--out", type=Path, default="site", metavar="FOLDER", help="folder of the page")
    runtime = "folder of onnxruntime-web (default: the cache, or npm)"
    add("--runtime", type=Path, metavar="FOLDER", help=runtime)
