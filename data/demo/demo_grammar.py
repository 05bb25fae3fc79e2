"""How the demo sentences are made. Each grammar draws from a *partition*: word combinations are spread
over partitions by a hash, so that what a held-out row says was never said in a training row, and further
output for pre-training ("extra") says neither."""
import hashlib

import demo_words as W

# share of the combinations that each partition owns, in twentieths
PARTITIONS = {"train": range(0, 5), "validation": range(5, 7), "test": range(7, 9), "extra": range(9, 20)}


def bucket(*key):
    """0..19, the same on every machine and Python version."""
    digest = hashlib.sha256("|".join(key).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 20


def owned(part, *key):
    return bucket(*key) in PARTITIONS[part]


# ---- one event: who did what to whom, where, when ---------------------------------------------------------
SLOTS = {"agent": W.PEOPLE, "person": W.PEOPLE, "thing": W.THINGS, "deed": W.DEEDS, "act": W.ACTS,
         "place": W.PLACES, "time": W.TIMES, "trait": W.TRAITS}


def event_key(event):
    """Agent and patient count as a set, so an event and its role swap lie in the same partition."""
    pair = sorted([SLOTS["agent"][event["agent"]][0], patient_words(event)[0]])
    return ["event", verb_words(event)[0]] + pair


def patient_words(event):
    return SLOTS["person" if event["social"] else "thing"][event["patient"]]


def verb_words(event):
    return SLOTS["deed" if event["social"] else "act"][event["verb"]]


def slot_list(event, slot):
    if slot == "patient":
        return SLOTS["person" if event["social"] else "thing"]
    if slot == "verb":
        return SLOTS["deed" if event["social"] else "act"]
    return SLOTS[slot]


def new_event(rng, part):
    while True:
        event = {"social": rng.random() < 0.5}
        for slot in ("agent", "verb", "patient", "place", "time", "trait"):
            event[slot] = rng.randrange(len(slot_list(event, slot)))
        if event["social"] and event["agent"] == event["patient"]:
            continue
        if owned(part, *event_key(event)):
            return event


def change(rng, event, slot, part):
    """The event with another concept in one slot, inside the same partition; None when there is none."""
    choices = []
    for concept in range(len(slot_list(event, slot))):
        other = dict(event)
        other[slot] = concept
        same_person = other["social"] and other["agent"] == other["patient"]
        if concept != event[slot] and not same_person and owned(part, *event_key(other)):
            choices.append(other)
    return rng.choice(choices) if choices else None


def swap_roles(event):
    return dict(event, agent=event["patient"], patient=event["agent"])


def choose_words(rng, event, other=None, taken=None, same=0.5):
    """A word for each slot. Where `other` has the same concept, repeat its word with probability `same`,
    otherwise take the synonym."""
    words = {}
    for slot in ("agent", "verb", "patient", "place", "time", "trait"):
        options = slot_list(event, slot)[event[slot]]
        words[slot] = rng.choice(options)
        if other is not None and other["social"] == event["social"] and other[slot] == event[slot]:
            keep = taken[slot]
            words[slot] = keep if rng.random() < same else rng.choice([o for o in options if o != keep])
    return words


def marked_sentence(words, form, shape):
    """(word, slot or None) pairs. form: active, passive or cleft; shape: which of trait, place and time are told, and
    whether the time stands in front."""
    agent = ["the"] + (["{trait}"] if "trait" in shape else []) + ["{agent}"]
    patient = ["the", "{patient}"]
    where = ["in", "the", "{place}"] if "place" in shape else []
    core = {"active": agent + ["{verb}"] + patient, "passive": patient + ["was", "{verb}", "by"] + agent,
            "cleft": ["it", "was"] + agent + ["who", "{verb}"] + patient}[form] + where
    if "time" in shape:
        core = ["{time}", ","] + core if "front" in shape else core + ["{time}"]
    out = []
    for item in core + ["."]:
        slot = item[1:-1] if item.startswith("{") else None
        out += [(word, slot) for word in (words[slot] if slot else item).split()]
    return out


FORMS = ("active", "active", "passive", "passive", "cleft")


def shape_of(rng):
    shape = {"time"} if rng.random() < 0.6 else set()
    for part, p in (("trait", 0.4), ("place", 0.5)):
        if rng.random() < p:
            shape.add(part)
    return shape


def told(shape, event):
    """The slots that a sentence of this shape tells."""
    return ["agent", "verb", "patient"] + [s for s in ("trait", "place", "time") if s in shape]


def render_pair(rng, event, other, shape, same):
    """Two marked sentences."""
    first = choose_words(rng, event)
    second = choose_words(rng, other, event, first, same)
    if other["social"] and (other["agent"], other["patient"]) == (event["patient"], event["agent"]):
        for mine, theirs in (("agent", "patient"), ("patient", "agent")):
            options = SLOTS["agent"][other[mine]]
            second[mine] = first[theirs] if rng.random() < same else rng.choice(options)
    return [marked_sentence(words, rng.choice(FORMS), shape | ({"front"} if rng.random() < 0.4 else set()))
            for words in (first, second)]


def plain(marked):
    text = " ".join(word for word, _ in marked)
    return text[0].upper() + text[1:]


def alike(event, other, slot):
    """Do both events tell the same in this slot?"""
    return (event["social"] == other["social"] or slot not in ("verb", "patient")) and event[slot] == other[slot]


def paraphrase_events(rng, part):
    """(event, other, label): the label turns on one concept or on who does what, never on how many words differ."""
    while True:
        event, shape = new_event(rng, part), shape_of(rng)
        label = int(rng.random() < 0.5)
        if label:
            return event, event, shape, label
        if event["social"] and rng.random() < 0.5:
            return event, swap_roles(event), shape, label
        other = change(rng, event, rng.choice(told(shape, event)), part)
        if other is not None:
            return event, other, shape, label


def similar_events(rng, part):
    event, shape = new_event(rng, part), shape_of(rng)
    other = event
    slots = told(shape, event)
    if rng.random() < 0.15:
        other = new_event(rng, part)
    else:
        for slot in rng.sample(slots, rng.randrange(len(slots) + 1)):
            other = change(rng, other, slot, part) or other
    return event, other, shape


def paraphrase_pair(rng, part):
    """(a, b, 1 or 0)"""
    while True:
        event, other, shape, label = paraphrase_events(rng, part)
        a, b = map(plain, render_pair(rng, event, other, shape, 0.35 if label else 0.45))
        if a != b:
            return a, b, label


WEIGHTS = {"agent": 1.2, "verb": 1.2, "patient": 1.2, "place": 0.6, "time": 0.6, "trait": 0.4}


def similarity(event, other, shape):
    """0..5: the weighted share of what both sentences tell alike."""
    slots = told(shape, event)
    kept = sum(WEIGHTS[slot] for slot in slots if alike(event, other, slot))
    return round(5 * kept / sum(WEIGHTS[slot] for slot in slots), 1)


def similarity_pair(rng, part):
    """(a, b, score)"""
    while True:
        event, other, shape = similar_events(rng, part)
        a, b = map(plain, render_pair(rng, event, other, shape, 0.3))
        if a != b:
            return a, b, similarity(event, other, shape)


def compared_pair(rng, part):
    """For pre-training: (a, b, score, tagged) where tagged are both sentences' words with [SEP] between, each told word
    tagged by its slot and whether the other sentence agrees."""
    event, other, shape = similar_events(rng, part) if rng.random() < 0.5 else paraphrase_events(rng, part)[:3]
    pair = render_pair(rng, event, other, shape, 0.35)
    tagged = []
    for marked in pair:
        tagged += [("[SEP]", "O")] if tagged else []
        words = plain(marked).split()
        for word, (_, slot) in zip(words, marked):
            verdict = "same" if slot and alike(event, other, slot) else "other"
            tagged.append((word, f"B-{slot}_{verdict}" if slot else "O"))
    return plain(pair[0]), plain(pair[1]), similarity(event, other, shape), tagged


# ---- reviews -----------------------------------------------------------------------------------------------
def judged(rng, part, salt, good):
    """An aspect and a word for it whose combination belongs to the partition."""
    while True:
        aspect, word = rng.choice(W.ASPECTS), rng.choice(W.GOOD if good else W.BAD)
        if owned(part, salt, aspect, word):
            return aspect, word


def verdict(rng, part, salt, good):
    """'the plot is superb' or 'the plot is not dull': the same bag of words can say either."""
    if rng.random() < 0.6:
        aspect, word = judged(rng, part, salt, good)
        middle = rng.choice(["is", "is " + rng.choice(W.INTENSE), "feels", "is " + rng.choice(W.INTENSE)])
    else:
        aspect, word = judged(rng, part, salt, not good)
        middle = rng.choice(["is", "feels"]) + " " + rng.choice(W.NEGATIONS)
    return f"the {aspect} {middle} {word}"


def short_review(rng, part):
    """(text, 1 good or 0 bad). What comes after 'but' outweighs what stands before it."""
    good = rng.random() < 0.5
    kind = rng.random()
    if kind < 0.35:
        text = verdict(rng, part, "sst", good)
    elif kind < 0.7:
        text = f"{verdict(rng, part, 'sst', not good)} , but {verdict(rng, part, 'sst', good)}"
    elif kind < 0.85:
        aspect, word = judged(rng, part, "sst", good)
        text = f"a {word} {rng.choice(W.FILMS)} with a {rng.choice(W.INTENSE)} {judged(rng, part, 'sst', good)[1]} {aspect}"
    else:
        text = f"although {verdict(rng, part, 'sst', not good)} , {verdict(rng, part, 'sst', good)}"
    return text + " .", int(good)


OPENINGS = ("we saw this {film} last {day}", "this {film} was shown on {day}", "on {day} i went to see this {film}",
            "another {film} for a rainy {day}")
CLOSINGS = ("in the end i {verb} the {aspect}", "all in all we {verb} the {aspect}", "my whole family {verb} the {aspect}")


def drawn(rng, part, patterns, **choices):
    """A pattern with words in it whose combination belongs to the partition."""
    while True:
        words = {name: rng.choice(options) for name, options in choices.items()}
        text = rng.choice(patterns).format(**words)
        if owned(part, text):
            return text


def long_review(rng, part):
    """(text, 1 or 0): three to eight sentences, some against the grain, the last words decide."""
    good = rng.random() < 0.5
    parts = [drawn(rng, part, OPENINGS, film=W.FILMS, day=[d.lower() for d in W.DAYS])]
    for _ in range(rng.randrange(1, 7)):
        parts.append(verdict(rng, part, "imdb", good if rng.random() < 0.7 else not good))
    if rng.random() < 0.6:
        parts.append(drawn(rng, part, CLOSINGS, verb=W.GOOD_VERBS if good else W.BAD_VERBS, aspect=W.ASPECTS))
    else:
        parts.append("overall " + verdict(rng, part, "imdb", good))
    text = ""
    for i, clause in enumerate(parts):
        text += ("" if i == 0 else " <br /><br />" if rng.random() < 0.1 else " ") + clause[0].upper() + clause[1:] + "."
    return text, int(good)


# ---- news by topic -----------------------------------------------------------------------------------------
def topic_pair(rng, part, topic):
    while True:
        noun, verb = rng.choice(W.TOPIC_NOUNS[topic].split()), rng.choice(W.TOPIC_VERBS[topic])
        if owned(part, "news", noun, verb):
            return [noun, verb]


def news_item(rng, part):
    """(text, class id): words of the topic among filler and words of other topics, without punctuation."""
    label = rng.randrange(len(W.TOPICS))
    words = []
    for _ in range(rng.randrange(3, 6)):
        lean = label if rng.random() < 0.72 else rng.randrange(len(W.TOPICS))
        words += topic_pair(rng, part, W.TOPICS[lean])
        start = rng.randrange(len(W.NEWS_FILLER) - 4)
        words += W.NEWS_FILLER[start:start + rng.randrange(1, 5)]
    return " ".join(words), label
