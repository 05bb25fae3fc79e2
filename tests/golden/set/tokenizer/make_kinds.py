#!/usr/bin/env python3
"""The project's own cases for kinds of tokenizers that no published vocabulary at hand has.

    make_kinds.py --golden FOLDER [--seed 5] [--only KIND] [--show KIND:CASE]

FOLDER holds make_tokenizer.py and texts.json of the golden set, for texts that are
chosen for trouble; the vocabularies are trained here, on words of our own, by the
Python packages tokenizers 0.23.3 and sentencepiece 0.2.3, the first of which is the
reference for every case. Writes kinds/texts.json, kinds/patterns.json (the known
expressions, each over every text) and for each kind a folder with its tokenizer.json,
cases.jsonl and, where the kind has them, other spellings of the same tokenizer (a
SentencePiece model, vocab.json with merges.txt) in folders below.

A case: t (and p) number the texts, or w the word list; m is max_length; n is the
number of tokens and h a hash of all that the encoding says (README.md). The first
fifty have their ids written out; --show prints everything about one.
"""
import argparse
import io
import json
import os
import random
import sys

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

META = "\u2581"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
ROOTS = ("walk talk play read writ light dark water fire stone wood green yellow quick slow happi sad great small high "
         "long short old young day night year month summer winter teach learn build break open clos number word letter "
         "sentence token model train test river mountain city village street house garden flower tree bird fish horse").split()
ENDINGS = ["", "s", "ed", "ing", "er", "est", "ly", "ness", "ful", "less", "able", "ment", "tion"]
STARTS = ["", "", "", "un", "re", "over", "under", "mis", "fore"]
FOREIGN = ("über straße größe même garçon élève cœur niño año coração informação şeker ağaç ışık žlutý kůň łódź wąż "
           "привет мир слово книга дорога κόσμος λόγος שלום עולם مرحبا عالم नमस्ते दुनिया 你好 世界 東京 日本語 にほん "
           "カタカナ 한국어 안녕 สวัสดี ﬁle ﬂow ½ ² ① Ｆｕｌｌ ｶﾞ").split()


# ---- texts ----

def word(rng):
    w = rng.choice(STARTS) + rng.choice(ROOTS) + rng.choice(ENDINGS)
    return rng.choice([w, w, w, w.capitalize(), w.upper()]) if rng.random() < 0.9 else rng.choice(FOREIGN)


def sentence(rng):
    out = []
    for _ in range(rng.randint(3, 12)):
        w = word(rng)
        r = rng.random()
        out.append(w + "," if r < 0.08 else str(rng.randint(0, 9999)) if r < 0.13 else w + "'s" if r < 0.16 else w)
    return " ".join(out) + rng.choice([".", "!", "?", " ...", ""])


def corpus(rng):
    return [sentence(rng) for _ in range(4000)]


BLANKS = [" ", "  ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2009", "\u200b", "\u2028", "\u0085", "\n\n ", " \t "]
MARKS = ["\u0301", "\u0327\u0301", "\u0301\u0327", "\u0344", "\u0323\u0307", "\u0307\u0323", "\u20d7", "\u093c", "\u0345\u0301",
         "\u1ab0", "\u302e", "\ufe0f", "\u200d", "\U000e0100", "\u0600", "\u0903"]
PIECES = ["[MASK]", "<mask>", " <mask>", "<s>", "</s>", "[CLS]", "[SEP]", "<x>", "New York", "new york", "<unk>", "|||A|||",
          "don't", "I'LL", "it's", "'\u017f", "we've", "``q''", "a-b_c", "x1y22z333", "1234567", "3.14", "\u0661\u0662", "\u2167",
          "\u00bd", "\u216b5", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea\U0001f1eb", "\u00a9\u200d\U0001f600", "e\u0301e\u0301",
          "\uac00\u11a8", "\u1100\u1161\u11a8", "\u0958\u0301", "\u0915\u094d\u0958\u0301", "\u212b", "\ufb01\u0301", "\u0149", "\u01c4", "\u0130", "\u1e9e", "\u03a3\u03c3\u03c2",
          "\ufdfa", "\u0000", "\u0001", "\u001f", "\u007f", "\ufeff", "\ufffd", "\ue000", META, META + META + "a", "a" + META + "b",
          "!?", "...", "--", "\u00bf", "\u300c\u300d", "$5", "a+b=c", "#tag", "@me", "\u0120x", "\u010a", "<0x41>"]


def tricky(rng):
    out = []
    for _ in range(rng.randint(1, 7)):
        r = rng.random()
        if r < 0.35:
            out.append(word(rng))
        elif r < 0.55:
            out.append(rng.choice(PIECES))
        elif r < 0.7:
            out.append(rng.choice(["a", "e", "o", "\u0915", "\u00aa", "1", "\u3042", "\uac00", "\u05d0", "\u0628"]) + rng.choice(MARKS) + rng.choice(MARKS + [""]))
        else:
            out.append(rng.choice(BLANKS))
        if rng.random() < 0.4:
            out.append(" ")
    return "".join(out)


def all_texts(golden, seed):
    sys.path.insert(0, golden)
    sys.dont_write_bytecode = True
    import make_tokenizer as m

    with open(os.path.join(golden, "texts.json"), encoding="utf-8") as f:
        given = json.load(f)
    rng = random.Random(f"{seed}/texts")
    texts = given["single"][:120] + [t[:120] for t in m.long_texts(rng)[:20]]
    texts += [tricky(rng) for _ in range(260)] + [sentence(rng) for _ in range(60)]
    while len(texts) < 620:
        t = m.random_text(rng)
        if len(t) < 40:
            texts.append(t)
    words = given["words"][:20] + [sentence(rng).split(" ") for _ in range(15)] + [[tricky(rng) for _ in range(rng.randint(1, 4))] for _ in range(25)]
    return list(dict.fromkeys(texts)), [w[:40] for w in words]


# ---- kinds ----

def rules():
    """A small charsmap: compositions, compatibility signs, blanks, and signs that vanish."""
    import unicodedata
    out = {}
    for cp in [*range(0xa0, 0x250), *range(0x1e00, 0x1f00), *range(0x2000, 0x2070), *range(0x2460, 0x24c0), *range(0xfb00, 0xfb07),
               *range(0xff01, 0xffa0), 0x212b, 0xfdfa, 0x958, 0xaa, 0xb5, 0xbd, 0x3000]:
        s = unicodedata.normalize("NFKC", chr(cp))
        if s != chr(cp):
            out[chr(cp)] = s
        d = unicodedata.normalize("NFD", chr(cp))
        if len(d) == 2:
            out[d] = chr(cp)
    for cp in [9, 10, 13, 0x85, 0x2028, 0x2029, 0xa0, 0x200b, 0x200d]:
        out[chr(cp)] = " "
    for cp in [*range(1, 9), 11, 12, *range(14, 32), 0x7f, 0xfeff, 0x200e]:
        out[chr(cp)] = ""
    hexes = lambda s: " ".join("%X" % ord(c) for c in s)
    return "".join(hexes(k) + "\t" + hexes(v) + "\n" for k, v in sorted(out.items()))


def train_spm(lines, here, vocab_size, **kw):
    tsv = os.path.join(here, "rules.tsv")
    with open(tsv, "w", encoding="ascii") as f:
        f.write(rules())
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=out, vocab_size=vocab_size,
                                             normalization_rule_tsv=tsv, character_coverage=1.0, num_threads=1,
                                             minloglevel=2, **kw)
    os.remove(tsv)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(out.getvalue())
    proto.trainer_spec.ClearField("input")
    proto.normalizer_spec.ClearField("normalization_rule_tsv")
    return proto


def template(cls, sep, t, roberta=False):
    one = f"{cls}:0 $A:0 {sep}:0"
    two = f"{cls}:0 $A:0 {sep}:0 {sep}:0 $B:0 {sep}:0" if roberta else f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1"
    return processors.TemplateProcessing(single=one, pair=two, special_tokens=[(x, t.token_to_id(x)) for x in (cls, sep)])


def special(*names, **kw):
    return [AddedToken(n, normalized=False, special=True, **kw) for n in names]


def control(proto):
    return [p.piece for p in proto.pieces if p.type == 3]


def xlm_roberta(lines, here):
    p = train_spm(lines, here, 900, bos_id=1, eos_id=2, unk_id=0, pad_id=-1)
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab += [(x.piece, x.score) for x in p.pieces[3:]] + [("<mask>", 0.0)]
    t = Tokenizer(models.Unigram(vocab, 3, False))
    t.normalizer = normalizers.Precompiled(p.normalizer_spec.precompiled_charsmap)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(META, "always")])
    t.add_special_tokens(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True))
    t.post_processor = template("<s>", "</s>", t, True)
    return t, {"spm": {"sentencepiece.bpe.model": p.SerializeToString()}}, None


def camembert(lines, here):
    """Its pipeline as files of the time before prepend_scheme spell it."""
    p = train_spm(lines, here, 900, bos_id=1, eos_id=2, unk_id=0, pad_id=-1)
    vocab = [("<s>NOTUSED", 0.0), ("<pad>", 0.0), ("</s>NOTUSED", 0.0), ("<unk>", 0.0), ("<unk>NOTUSED", -100.0)]
    vocab += [(x.piece, x.score) for x in p.pieces[1:]] + [("<mask>", 0.0)]
    t = Tokenizer(models.Unigram(vocab, 3, False))
    t.normalizer = normalizers.Precompiled(p.normalizer_spec.precompiled_charsmap)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(META, "always")])
    t.add_special_tokens(special("<s>", "</s>", "<pad>", "<unk>") + special("<mask>", lstrip=True))
    t.post_processor = template("<s>", "</s>", t, True)

    def old(j):
        j["pre_tokenizer"]["pretokenizers"][1] = {"type": "Metaspace", "replacement": META, "add_prefix_space": True, "str_rep": META}
    config = json.dumps({"tokenizer_class": "CamembertTokenizer"}).encode()
    return t, {"spm": {"sentencepiece.bpe.model": p.SerializeToString(), "tokenizer_config.json": config}}, old


def deberta_v3(lines, here):
    p = train_spm(lines, here, 900, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]",
                  eos_piece="[SEP]", unk_piece="[UNK]", user_defined_symbols=["<x>"])
    t = Tokenizer(models.Unigram([(x.piece, x.score) for x in p.pieces] + [("[MASK]", 0.0)], 3, False))
    t.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Precompiled(p.normalizer_spec.precompiled_charsmap),
                                         normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(META, "always")])
    t.add_special_tokens(special("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"))
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {"spm": {"spm.model": p.SerializeToString()}}, None


def unigram_bytes(lines, here):
    """Byte fallback, punctuation apart, NFC, the sign before the first word alone."""
    p = train_spm(lines, here, 900, byte_fallback=True)
    t = Tokenizer(models.Unigram([(x.piece, x.score) for x in p.pieces], 0, True))
    t.normalizer = normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.NFC(),
                                         normalizers.Strip(left=False, right=True)])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Metaspace(META, "first")])
    t.add_special_tokens(special("<s>", "</s>", "<unk>"))
    t.add_tokens([AddedToken("New York", single_word=True), AddedToken("<x>", rstrip=True, normalized=False)])
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


def train_bpe(t, lines, size, alphabet, names, **kw):
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=names, show_progress=False, **kw))


def modernbert(lines, here):
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    train_bpe(t, lines, 1300, pre_tokenizers.ByteLevel.alphabet(), ["|||A|||", "<|padding|>"])
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(8, 1, -1)])
    t.add_special_tokens(special("[UNK]", "[CLS]", "[SEP]", "[PAD]") + special("[MASK]", lstrip=True))
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {}, None


def roberta(lines, here):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    train_bpe(t, lines, 1300, pre_tokenizers.ByteLevel.alphabet(), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    t.add_special_tokens(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    j = json.loads(t.to_str())["model"]
    merges = "#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in j["merges"])
    return t, {"files": {"vocab.json": json.dumps(j["vocab"], ensure_ascii=False).encode(), "merges.txt": merges.encode()}}, None


def llama3(lines, here):
    """A split by its own expression, bytes without the usual one, whole words before merges."""
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated", invert=False),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    train_bpe(t, lines, 1200, pre_tokenizers.ByteLevel.alphabet(), ["<s>", "</s>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<s>", "</s>", t)])

    def shorten(j):
        del j["model"]["merges"][::7]
    return t, {}, shorten


def bpe_bytes(lines, here):
    """Byte fallback as Llama 2 has it: no pre-tokenizer, blanks are signs."""
    names = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend(META), normalizers.Replace(" ", META)])
    t.pre_tokenizer = pre_tokenizers.Metaspace(META, "never")
    train_bpe(t, lines, 1200, [], names)
    t.pre_tokenizer = None
    j = json.loads(t.to_str())
    j["added_tokens"] = j["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(j))
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


def bpe_affixes(lines, here):
    """Prefix, suffix, unknown tokens one by one, NFKC, and \\w+|[^\\w\\s]+ with digits apart."""
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("``", '"'), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=False)])
    train_bpe(t, lines, 900, [], ["<unk>", "[CLS]", "[SEP]"], continuing_subword_prefix="##", end_of_word_suffix="</w>")
    t.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return t, {}, None


def bpe_drops(lines, here):
    """No unknown token: characters without a token vanish. NFKD, marks stripped, digits one by one."""
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace("_", "always", split=False), pre_tokenizers.Digits(True),
                                               pre_tokenizers.Split("_", "merged_with_previous"), pre_tokenizers.Punctuation("contiguous")])
    train_bpe(t, [x for x in lines if x.isascii()], 700, [], [])
    return t, {}, None


def wordpiece(lines, here):
    """WordPiece behind NFD, its own lower case and WhitespaceSplit; not the scanner's way."""
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=30))
    t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents(),
                                         normalizers.BertNormalizer(lowercase=False, strip_accents=False)])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("removed"),
                                               pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "merged_with_next")])
    t.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=900, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    t.add_tokens([AddedToken("New York", single_word=True), AddedToken("café", lstrip=True)])
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {}, None


def roberta_steps(lines, here):
    """Byte-level behind another step, with offsets trimmed by two post-processors, each by its own rule."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    train_bpe(t, lines, 1000, pre_tokenizers.ByteLevel.alphabet(), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    t.add_special_tokens(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True))
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True, add_prefix_space=True),
                                            processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)])
    return t, {}, None


def byte_norm(lines, here):
    """Bytes become signs in the normalizer; words are split at the sign of a blank."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.ByteLevel()])
    t.pre_tokenizer = pre_tokenizers.Split("\u0120", "merged_with_next")
    train_bpe(t, lines, 1100, pre_tokenizers.ByteLevel.alphabet(), ["<unk>", "<s>", "</s>"])
    t.add_tokens([AddedToken("New York", single_word=True), AddedToken("<x>", rstrip=True, normalized=False)])
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


def nmt(lines, here):
    """The cleaning of the NMT normalizer before a charsmap of our own."""
    p = train_spm(lines, here, 700, bos_id=1, eos_id=2, unk_id=0, pad_id=-1)
    t = Tokenizer(models.Unigram([(x.piece, x.score) for x in p.pieces], 0, False))
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Precompiled(p.normalizer_spec.precompiled_charsmap)])
    t.pre_tokenizer = pre_tokenizers.Metaspace(META, "always")
    t.add_special_tokens(special("<s>", "</s>"))
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


def word_level(lines, here):
    """Whole words, with and without case."""
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.Lowercase()
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(lines, trainers.WordLevelTrainer(vocab_size=900, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    t.add_tokens([AddedToken("New York", single_word=True)])
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {}, None


def word_level_bert(lines, here):
    """Whole words by the scanner's way: BERT's normalizer and pre-tokenizer."""
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(lines, trainers.WordLevelTrainer(vocab_size=900, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {}, None


def delimiter(lines, here):
    """Cut at one character, which is dropped."""
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    t.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Replace(Regex(r"\s+"), "-")])
    t.pre_tokenizer = pre_tokenizers.CharDelimiterSplit("-")
    t.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=900, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    t.post_processor = template("[CLS]", "[SEP]", t)
    return t, {}, None


def scripts(lines, here):
    """Cut where the script changes, then at punctuation."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.UnicodeScripts(), pre_tokenizers.Punctuation("merged_with_previous")])
    train_bpe(t, lines, 1000, [], ["<unk>", "<s>", "</s>"])
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


def fixed_length(lines, here):
    """Words cut to seven characters."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.FixedLength(7)])
    train_bpe(t, lines, 1000, [], ["<unk>", "<s>", "</s>"])
    t.post_processor = template("<s>", "</s>", t)
    return t, {}, None


KINDS = {f.__name__: f for f in (xlm_roberta, camembert, deberta_v3, unigram_bytes, modernbert, roberta, llama3, bpe_bytes,
                                 bpe_affixes, bpe_drops, wordpiece, roberta_steps, byte_norm, nmt, word_level, word_level_bert,
                                 delimiter, scripts, fixed_length)}


# ---- cases ----

def fnv(numbers):
    h = 0xcbf29ce484222325
    for n in numbers:
        for b in (n & 0xffffffff).to_bytes(4, "little"):
            h = (h ^ b) * 0x100000001b3 & 0xffffffffffffffff
    return h


def all_numbers(e, sources, by_word):
    out = []
    for i, (a, b), w, s, ty in zip(e.ids, e.offsets, e.word_ids, e.sequence_ids, e.type_ids):
        src = "" if s is None else sources[w] if by_word else sources[s]
        out += [i, ty, a, b, len(src[:a].encode()), len(src[:b].encode()), -1 if w is None else w, -1 if s is None else s]
    return out


def encode(t, texts, words, c):
    t.no_truncation()
    if "m" in c:
        t.enable_truncation(c["m"])
    if "w" in c:
        return t.encode(words[c["w"]], is_pretokenized=True), words[c["w"]]
    pair = texts[c["p"]] if "p" in c else None
    return t.encode(texts[c["t"]], pair), (texts[c["t"]], pair)


def cases(name, texts, words, seed):
    rng = random.Random(f"{seed}/{name}")
    out = [{"t": i} for i in range(len(texts))]
    out += [{"t": rng.randrange(len(texts)), "p": rng.randrange(len(texts))} for _ in range(40)]
    out += [{"t": rng.randrange(len(texts)), "m": rng.choice([3, 5, 8, 16])} for _ in range(25)]
    out += [{"t": rng.randrange(len(texts)), "p": rng.randrange(len(texts)), "m": rng.choice([5, 7, 8, 12, 17])} for _ in range(30)]
    return out + [{"w": i} for i in range(len(words))]


def with_prefix_space(t):
    """RoBERTa on split words: add_prefix_space in both places, as transformers asks for."""
    j = json.loads(t.to_str())
    for part in (j["pre_tokenizer"], *j["pre_tokenizer"].get("pretokenizers", []),
                 j["post_processor"], *j["post_processor"].get("processors", [])):
        if "add_prefix_space" in part:
            part["add_prefix_space"] = True
    return Tokenizer.from_str(json.dumps(j))


def write_kind(out, name, built, texts, words, seed, show):
    t, others, change = built
    j = json.loads(t.to_str())
    if change:
        change(j)
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8", newline="\n") as f:
        json.dump(j, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")
    for sub, files in others.items():
        os.makedirs(os.path.join(folder, sub), exist_ok=True)
        for file, data in files.items():
            with open(os.path.join(folder, sub, file), "wb") as f:
                f.write(data)
    t = Tokenizer.from_str(json.dumps(j))
    wt = with_prefix_space(t) if name.startswith("roberta") else t
    with open(os.path.join(folder, "cases.jsonl"), "w", encoding="ascii", newline="\n") as f:
        for i, c in enumerate(cases(name, texts, words, seed)):
            e, sources = encode(wt if "w" in c else t, texts, words, c)
            c["n"] = len(e.ids)
            c["h"] = "%016x" % fnv(all_numbers(e, sources, "w" in c))
            if i < 50:
                c["ids"] = e.ids
            f.write(json.dumps(c, separators=(",", ":")) + "\n")
            if show == f"{name}:{i}":
                print(ascii(sources), e.ids, e.tokens, e.offsets, e.word_ids)
    print(f"{name:15} {i + 1} cases")


# ---- patterns ----

PATTERNS = [GPT2, LLAMA3, LLAMA3.replace("{1,3}", ""), " {2,}", r"\s+", r"\s{2,}|[\n\r\t]", r"\p{N}", r"\p{N}{1,3}", r"\n", "\n"]
CUTS = ["removed", "isolated"]  # in the order of gr_cut; together they tell where matches begin and end


def write_patterns(out, texts):
    """Each expression over each text: how many words Split makes of it, and a hash of where they begin and end."""
    rows = []
    for regex in PATTERNS:
        for at, cut in enumerate(CUTS):
            p = pre_tokenizers.Split(Regex(regex), cut)
            words = [p.pre_tokenize_str(t) for t in texts]
            rows.append({"regex": regex, "cut": at, "n": [len(w) for w in words],
                         "h": ["%08x" % (fnv([x for _, span in w for x in span]) & 0xffffffff) for w in words]})
    with open(os.path.join(out, "patterns.json"), "w", encoding="ascii", newline="\n") as f:
        f.write("[" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "]\n")
    print(f"patterns        {len(rows) * len(texts)} cases")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--golden", required=True)
    p.add_argument("--seed", default="5")
    p.add_argument("--only")
    p.add_argument("--show")
    p.add_argument("--out", default=os.path.join(here, "kinds"))
    a = p.parse_args()
    texts, words = all_texts(a.golden, a.seed)
    os.makedirs(a.out, exist_ok=True)
    with open(os.path.join(a.out, "texts.json"), "w", encoding="ascii", newline="\n") as f:
        json.dump({"texts": texts, "words": words}, f, separators=(",", ":"))
        f.write("\n")
    if a.only in (None, "patterns"):
        write_patterns(a.out, texts)
    lines = corpus(random.Random(f"{a.seed}/corpus"))
    for name, make in KINDS.items():
        if a.only in (None, name):
            write_kind(a.out, name, make(lines, a.out), texts, words, a.seed, a.show)


if __name__ == "__main__":
    main()
