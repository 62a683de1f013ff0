"""tiktoken's encodings, built from our own packed tables. tiktoken itself would
download its rank files; ours are written back to that form, and are the same
files only if the SHA-256 is the one tiktoken expects."""

import base64
import hashlib
import pathlib
import struct

import tiktoken
from tiktoken_ext import openai_public

DATA = pathlib.Path(__file__).resolve().parents[2] / "src/tokens/data"


def tokens_of(path):
    """All tokens of a packed table, in the order of their ranks."""
    packed = path.read_bytes()
    _, count, slots, length = struct.unpack_from("<4I", packed)
    blocks = struct.unpack_from(f"<{count // 256 + 1}I", packed, 16)
    rests_at = 16 + 4 * (len(blocks) + slots)
    rests = struct.unpack_from(f"<{count + 1}H", packed, rests_at)
    text = packed[len(packed) - length:]
    begins = [blocks[at // 256] + rest for at, rest in enumerate(rests)]
    return [text[begin:end] for begin, end in zip(begins, begins[1:])]


def ranks_of(path, expected_hash):
    tokens = tokens_of(path)
    lines = (base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens))
    if hashlib.sha256(b"".join(lines)).hexdigest() != expected_hash:
        raise ValueError(f"{path} does not hold the tokens that tiktoken expects")
    return {token: rank for rank, token in enumerate(tokens)}


def encodings():
    """name -> tiktoken.Encoding, with the patterns tiktoken ships."""
    built = {}
    for name in ("o200k_base", "cl100k_base"):
        path = DATA / f"{name}.ranks"
        # The constructor of each encoding loads its ranks through this name.
        openai_public.load_tiktoken_bpe = (
            lambda _, expected_hash, path=path: ranks_of(path, expected_hash))
        built[name] = tiktoken.Encoding(**getattr(openai_public, name)())
    return built
