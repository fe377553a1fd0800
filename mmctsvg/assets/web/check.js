// What a browser must have, said in one sentence where it lacks something; also for old browsers.
(function () {
  "use strict";
  function say(sentence) {
    window.unable = sentence;
    document.addEventListener("DOMContentLoaded", function () {
      var status = document.getElementById("status");
      status.textContent = sentence;
      status.className = "bad";
    });
  }
  // A module with one SIMD instruction: (func (result v128) i32.const 0, i8x16.splat, i8x16.popcnt).
  var simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  if (location.protocol === "file:") {
    say("A browser opens this page only from a web server: run python -m http.server in its folder.");
  } else if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(simd))) {
    say("This browser cannot run the model, since it lacks WebAssembly with SIMD: use a newer one.");
  } else if (typeof DecompressionStream !== "function" || !("noModule" in document.createElement("script"))) {
    say("This browser is too old for this page: use one of 2023 or later.");
  }
})();
