from mmctsvg.utils.spread import evenly_spread


def test_evenly_spread():
    assert evenly_spread(10, 4) == [0, 3, 6, 9]
    assert evenly_spread(3, 8) == [0, 1, 2]
    assert evenly_spread(9, 1) == [0]
    assert evenly_spread(0, 8) == []
    for length in range(2, 40):
        for count in range(2, length + 1):
            found = evenly_spread(length, count)
            assert found[0] == 0 and found[-1] == length - 1 and len(set(found)) == count
            gaps = [b - a for a, b in zip(found, found[1:], strict=False)]
            assert max(gaps) - min(gaps) <= 1
