"""Texts that try a tokenizer: corners of its pattern, made-up ones, and what the
folders of a corpus hold."""

import json
import random

SCRIPTS = [
    "The quick brown fox doesn't jump; it's WE'LL-known, they'VE said.",
    "Zażółć gęślą jaźń. Fußgänger übergrößen. Ça va? L'été naïf.",
    "Быстрая коричневая лиса прыгает через ленивую собаку 1234567.",
    "Η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί.",
    "الثعلب البني السريع يقفز فوق الكلب الكسول ١٢٣٤٥",
    "השועל החום המהיר קופץ מעל הכלב העצלן",
    "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है १२३४",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "敏捷的棕色狐狸跳过了懒狗。今天天气很好,我们去公园吧!",
    "素早い茶色の狐がのろまな犬を飛び越えるABCテスト。",
    "빠른 갈색 여우가 게으른 개를 뛰어넘습니다.",
    "😀😃👩‍👩‍👧‍👦🏳️‍🌈👍🏽 emoji ☕️ and ﬁ ligatures Ǆ ǅ ǆ ʰ ª",
    "የኢትዮጵያ ფინჯანი հայերեն ខ្មែរ မြန်မာ ᏣᎳᎩ ꓡꓲꓢꓴ 𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𐍈 𒀀",
]
CODE = [
    "for (int i = 0; i < n; ++i) {\n\tstd::cout << v[i] << '\\n';\n}\n\n\n// done */\n",
    "def f(x: list[int]) -> dict:\n    return {k: v for k, v in enumerate(x)}\n\n",
    "SELECT a.id, COUNT(*) FROM t AS a WHERE a.x >= 10.5e-3 GROUP BY 1;\r\n",
    '{"name": "get_weather", "arguments": {"city": "Zürich", "n": [1, 22, 333, 4444]}}',
    "<div class=\"a-b_c\">&nbsp;&lt;https://example.com/a/b?c=d&e=%20f#g</div>\r\n\r\n",
    "x = 0xDEADBEEF ^ ~y; /* ==== */ a->b.c[7] //// -----\n#include <map>\n",
]
PARTS = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u2003", "\u3000",
         "\u2028", "'s", "'S", "'\u017f", "'ll", "'Ll", "'re", "'VE", "'d", "'M", "'t",
         "'x", "'", "’s", "a", "A", "Ab", "aB", "AB", "word", "WORD", "é", "e\u0301",
         "\u0301", "\u0301A", "ʰ", "ǅ", "ª", "漢", "字ABC", "かな", "ไทย", "1", "12", "1234",
         "٣", "Ⅷ", "½", "²", "/", "//", "!", "?!", "_", "-", "...", "😀", "👍🏽", "\u200d",
         "\ufeff", "\ufffd", "\u0000", "\x7f", "<|endoftext|>", "<|im_start|>",
         "\U0001e900", "\U00010400", "\U000f0000"]


def corners():
    """The ends of the patterns, one by one and in pairs."""
    bare = ["", " ", "\n", "'s", "\u0301ABC", "\u0301Abc", "!!\u0301a", "a\n  ", "a\n  b",
            "a  \n  ", " \n \n x", "ABCd", "漢字ABC", "漢字ABc", "abc漢字D", "'\u017fx",
            "it'\u017f", "\u212a'S", "1\u0301", "12345678901", "a'b'c", "don't've",
            " \u00a0\u00a0x", "\u3000\u3000", "x\r\n\r\n ", "/\n/\n/", " /\r\n/", "\t\tx",
            "x" * 130, "é" * 70, " " * 200, "\n" * 70, "=" * 300, "ab" * 150, "漢字" * 100,
            "\u0301" * 50, "😀" * 40]
    return bare + SCRIPTS + CODE


def random_letters(chance):
    kinds = ["abcdefghijklmnopqrstuvwxyz", "aA", "01", "漢字仮名交文", " \n\t\r", "!?/.,", "xyz ",
             "\u0301e", "ACGT", "😀😃🏽\u200d"]
    letters = chance.choice(kinds)
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, 400)))


def any_points(chance):
    """Code points from everywhere, few from the surrogates' and private planes."""
    tops = [0x80, 0x250, 0x3000, 0xD800, 0x20000, 0x110000]
    points = (chance.randrange(chance.choice(tops)) for _ in range(chance.randint(1, 80)))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


def invented(count, seed):
    chance = random.Random(seed)
    made = []
    while len(made) < count:
        kind = chance.randrange(5)
        if kind == 0:
            made.append("".join(chance.choice(PARTS) for _ in range(chance.randint(1, 40))))
        elif kind == 1:
            made.append(random_letters(chance))
        elif kind == 2:
            made.append(any_points(chance))
        elif kind == 3:
            whole = chance.choice(SCRIPTS) + chance.choice(PARTS) + chance.choice(CODE)
            begin = chance.randrange(len(whole))
            made.append(whole[begin:begin + chance.randint(1, 90)])
        else:
            made.append(chance.choice(PARTS) * chance.randint(1, 300))
    return made


def strings_in(value, least=1):
    if isinstance(value, str):
        if len(value) >= least:
            yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner, least)


def texts_of_file(path):
    """Strings of a JSON file, lines of a JSON-lines one, else the text in slices."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        if path.suffix == ".json":
            return list(strings_in(json.loads(text), 20))
        if path.suffix == ".jsonl":
            return [s for line in text.splitlines() for s in strings_in(json.loads(line), 20)]
    except ValueError:
        pass
    return [text[at:at + 1500] for at in range(0, len(text), 1500)]


def found_in(folder, count, seed, per_file=40):
    """Up to `count` texts from the files below `folder`, spread over them."""
    chance = random.Random(seed)
    paths = sorted(path for path in folder.rglob("*") if path.is_file()
                   and path.suffix in (".json", ".jsonl", ".csv", ".txt", ".md", ".yaml", ".py",
                                       ".cc", ".h", ".mjs", ".toml")
                   and path.stat().st_size < 4_000_000)
    chance.shuffle(paths)
    found = []
    for path in paths:
        if len(found) >= count:
            break
        here = texts_of_file(path)
        found += chance.sample(here, min(per_file, len(here)))
    return [text[:20_000] for text in found[:count]]
