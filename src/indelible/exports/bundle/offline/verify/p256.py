"""ECDSA on P-256 with SHA-256 in plain Python (FIPS 186-5 section 6.4.2). Verifies only; holds no secret."""

from hashlib import sha256

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _add(a, b):
    """Sum of two points (x, y); None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], P - 2, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], P - 2, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return (x, (slope * (a[0] - x) - a[1]) % P)


def _times(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def is_signed(x, y, message, r, s):
    """Whether the signature (r, s) of the message is that of the public key with these 32-byte coordinates."""
    point = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))
    if len(x) != 32 or len(y) != 32 or point[0] >= P or point[1] >= P:
        return False
    if (point[1] * point[1] - (point[0] ** 3 - 3 * point[0] + B)) % P or not (0 < r < N and 0 < s < N):
        return False
    told, inverse = int.from_bytes(sha256(message).digest(), "big"), pow(s, N - 2, N)
    found = _add(_times(told * inverse % N, BASE), _times(r * inverse % N, point))
    return found is not None and found[0] % N == r
