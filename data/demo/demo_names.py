"""Tagged sentences for the demo NER set (IOB2; PER, ORG, LOC, MISC). A third of the names can be a person,
a club or company, or a place, so that only the sentence tells; another third was never seen in training."""
import demo_words as W
from demo_grammar import owned


def coined(rng, part):
    """A made-up name; each belongs to one partition."""
    while True:
        name = rng.choice(W.ONSETS) + (rng.choice(W.MIDDLES) if rng.random() < 0.5 else "") + rng.choice(W.ENDS)
        if owned(part, "name", name):
            return name


def stem(rng, part):
    pick = rng.random()
    if pick < 0.45:
        return rng.choice(W.AMBIGUOUS)
    if pick < 0.6:
        return rng.choice(W.WORD_NAMES)
    return coined(rng, part)


def tagged(words, kind):
    return [(w, ("B-" if i == 0 else "I-") + kind) for i, w in enumerate(words)]


def person(rng, part):
    last = stem(rng, part)
    return tagged([rng.choice(W.FIRST), last] if rng.random() < 0.4 else [last], "PER")


def organisation(rng, part):
    head = stem(rng, part)
    tail = [rng.choice(W.ORG_TAILS)] if rng.random() < 0.35 else []
    return tagged([head] + tail, "ORG")


def club(rng, part):
    head = stem(rng, part)
    tail = [rng.choice(W.CLUB_TAILS)] if rng.random() < 0.35 else []
    return tagged([head] + tail, "ORG")


def place(rng, part):
    name, pick = stem(rng, part), rng.random()
    if pick < 0.15:
        return tagged([rng.choice(W.LOC_HEADS), name], "LOC")
    return tagged([name, rng.choice(W.LOC_TAILS)] if pick < 0.3 else [name], "LOC")


def misc(rng, part):
    if rng.random() < 0.5:
        return tagged([rng.choice(W.NATIONS)], "MISC")
    return tagged([stem(rng, part), rng.choice(W.MISC_TAILS)], "MISC")


def nation(rng, part):
    return tagged([rng.choice(W.NATIONS)], "MISC")


def day(rng, part):
    return [(rng.choice(W.DAYS), "O")]


def number(rng, part):
    return [(str(rng.randrange(2, 99)), "O")]


SLOTS = {"PER": person, "ORG": organisation, "CLUB": club, "LOC": place, "MISC": misc, "NAT": nation,
         "DAY": day, "NUM": number}

# one template a line; capitals are slots, (a|b) is a free choice of one word
TEMPLATES = """
PER (said|told|wrote) on DAY that the (plan|price|result) was (good|bad|fair) .
PER , who lives in LOC , (won|lost|left) the race .
the (doctor|lawyer|reporter) PER (arrived|slept|stayed) in LOC on DAY .
(Mr|Mrs|Dr) PER (smiled|laughed|nodded) and (left|stayed|waited) .
PER and PER (married|met|sang) in LOC .
her brother PER was (born|raised|buried) in LOC .
PER , NUM , was (arrested|hired|elected) on DAY .
we asked PER about the MISC .
shares of ORG (rose|fell|slid) NUM percent on DAY .
ORG (bought|sold|sued) ORG for NUM million dollars .
ORG (reported|posted) a (profit|loss) of NUM million .
PER , the (head|owner|founder) of ORG , (resigned|retired) on DAY .
workers at ORG went on strike on DAY .
the board of ORG named PER as its (head|chairman) .
ORG will open NUM (shops|plants|offices) in LOC .
CLUB beat CLUB NUM to NUM on DAY .
CLUB (signed|dropped) the goalkeeper PER from CLUB .
fans of CLUB cheered when PER scored .
CLUB drew NUM - NUM with CLUB in LOC .
heavy rain fell on LOC and LOC .
the train from LOC to LOC was late on DAY .
tourists flew to LOC in April .
the (river|bridge|road) near LOC was closed .
the mayor of LOC met the NAT minister .
people in LOC voted on DAY .
the roads between LOC and LOC are (icy|closed|busy) .
a NAT (minister|soldier|tourist) was (hurt|seen|found) near LOC .
PER won the MISC for the (first|second|third) time .
the MISC begins in LOC on DAY .
NAT (farmers|voters|police) protested against ORG .
in the MISC final PER beat PER .
Apple pies and Orange juice were sold at the fair .
Summer was dry and April was wet .
the Target was missed and the Gap grew .
(Amber|Pearl|Rose) necklaces were stolen on DAY .
the NAT team will play in LOC on DAY .
LOC NUM - NUM - NUM
the (price|weather|game) was (good|bad|fair) on DAY .
""".strip().splitlines()


def fill(rng, part, template):
    out = []
    for item in template.split():
        if item in SLOTS:
            out += SLOTS[item](rng, part)
        else:
            word = rng.choice(item[1:-1].split("|")) if item.startswith("(") else item
            out.append((word, "O"))
    if out[0][1] == "O":
        out[0] = (out[0][0][0].upper() + out[0][0][1:], "O")
    return out


def tagged_sentence(rng, part):
    return fill(rng, part, rng.choice(TEMPLATES))


def words_of_templates():
    found = set()
    for template in TEMPLATES:
        for item in template.split():
            if item not in SLOTS:
                found.update(item[1:-1].split("|") if item.startswith("(") else [item])
    return found
