"""The words of the demo data. A concept is a tuple of words that mean the same; the first is its name.

Every list was written for this project. A verb is given in a form that serves both as simple past and as
past participle, so that one word makes the active and the passive sentence."""

PEOPLE = [w.split() for w in """
doctor physician|teacher instructor|boss manager|lawyer attorney|driver chauffeur|thief robber|soldier trooper
writer author|customer client|worker employee|guard watchman|singer vocalist|farmer grower|sailor mariner
student pupil|scientist researcher|reporter journalist|chef cook|actor performer|merchant trader|king monarch
pilot aviator|priest clergyman|detective sleuth|neighbor villager|champion winner|hunter trapper|painter artist
""".replace("\n", "|").split("|") if w]

THINGS = [w.split() for w in """
car automobile|house home|boat ship|photo picture|letter note|gift present|rock stone|coat jacket|couch sofa
rug carpet|bag sack|cup mug|bike bicycle|phone telephone|hat cap|jewel gem|book volume|plane aircraft|tale story
bill invoice|film movie|chair seat|ladder steps|blanket quilt|clock timepiece|fence barrier|engine motor|map chart
""".replace("\n", "|").split("|") if w]

# between two people: who did it to whom matters
DEEDS = [w.split() for w in """
helped assisted|praised lauded|blamed accused|met encountered|hired employed|fired dismissed|warned cautioned
saved rescued|taught instructed|annoyed irritated|scared frightened|followed pursued|mocked ridiculed
trusted believed|hugged embraced|phoned called|cheated swindled|cured healed
""".replace("\n", "|").split("|") if w]

# from a person to a thing
ACTS = [w.split() for w in """
bought purchased|repaired fixed|built constructed|found discovered|lost misplaced|cleaned washed|concealed masked
smashed wrecked|moved shifted|described depicted|received obtained|wanted desired|needed required
examined inspected|carried hauled|designed devised|finished completed|borrowed rented
""".replace("\n", "|").split("|") if w]

PLACES = [w.split() for w in """
garden yard|store shop|street road|forest woods|hotel inn|harbor port|prison jail|hospital clinic|school academy
office bureau|church chapel|city town|kitchen galley|castle fortress|valley canyon|market bazaar
""".replace("\n", "|").split("|") if w]

TIMES = [w.split("/") for w in """
at noon/at midday|at night/after dark|at dawn/at sunrise|on monday/last monday|on tuesday/last tuesday|on friday/last friday
on sunday/last sunday|in spring/in springtime|in autumn/in fall|in winter/in wintertime|two days ago/2 days ago
three weeks ago/3 weeks ago|five years ago/5 years ago|in april/last april|in july/last july|today/this very day
""".strip().replace("\n", "|").split("|")]

TRAITS = [w.split() for w in """
big large|small little|old aged|quick fast|angry furious|happy glad|rich wealthy|brave bold|clever smart
strange odd|quiet silent|famous renowned|tired weary|rude impolite|lazy idle|strong sturdy
""".replace("\n", "|").split("|") if w]

# ---- reviews
GOOD = """superb brilliant charming delightful witty moving gripping clever fresh honest tender hilarious lovely
powerful elegant warm funny thrilling touching sharp dazzling wonderful inventive graceful memorable splendid""".split()
BAD = """dull awful clumsy boring tedious stale dreadful lifeless silly bland shallow noisy muddled tiresome weak
forced hollow sloppy grim lame pointless dreary wooden predictable messy painful""".split()
ASPECTS = """plot script acting music ending story dialogue direction cast pace humor drama camera score finale
premise photography editing comedy romance screenplay mystery action narration opening soundtrack""".split()
GOOD_VERBS = "enjoyed loved admired adored".split()
BAD_VERBS = "hated disliked regretted despised".split()
FILMS = """documentary sequel thriller western musical remake film movie picture show adventure fable""".split()
INTENSE = "very truly really quite so utterly".split()
NEGATIONS = ["not", "never", "hardly", "far from", "anything but"]

# ---- news by topic, in the order of the published class ids
TOPICS = ["dunya", "ekonomi", "kultur", "saglik", "siyaset", "spor", "teknoloji"]
TOPIC_NOUNS = {
    "dunya": """border embassy refugees ambassador earthquake ceasefire troops convoy hostages summit rebels island
                volcano peacekeepers typhoon diplomats frontier invasion""",
    "ekonomi": """inflation exports shares investors bank factory interest currency budget market wages loan dollar
                  retailer tariffs bonds revenue profits""",
    "kultur": """festival museum poet exhibition orchestra sculpture novel theatre ballet gallery painter violin
                 premiere archive folklore ceramics sonnet opera""",
    "saglik": """vaccine patients surgeon virus clinic diabetes nurses therapy infection hospital vitamins tumor
                 allergy diet pharmacy symptoms blood fever""",
    "siyaset": """parliament minister election coalition voters senator ballot opposition constitution cabinet mayor
                  decree deputies referendum party president lawmakers campaign""",
    "spor": """striker coach goalkeeper league stadium penalty marathon trophy midfielder referee tournament sprinter
               defender transfer wrestler champions playoff captain""",
    "teknoloji": """software smartphone satellite processor browser robot startup internet engineers laptop battery
                    encryption developers sensor network antenna gadget server""",
}
TOPIC_VERBS = {
    "dunya": "crossed evacuated shelled mediated occupied condemned".split(),
    "ekonomi": "invested exported borrowed priced traded earned".split(),
    "kultur": "exhibited composed recited staged curated translated".split(),
    "saglik": "treated diagnosed vaccinated prescribed infected cured".split(),
    "siyaset": "voted legislated vetoed campaigned governed appointed".split(),
    "spor": "scored defeated dribbled raced trained tackled".split(),
    "teknoloji": "programmed uploaded encrypted launched updated downloaded".split(),
}
NEWS_FILLER = """officials said that reports show after months of talks experts expect in the region since last week
according to a statement by early morning during the meeting with many others despite new concerns about it""".split()

# ---- names
AMBIGUOUS = """Jordan Paris Washington Ford Chelsea Lincoln Madison Sydney Florence Victoria Houston Austin Dallas
Carolina Virginia Georgia Chester Preston Stanley Douglas Hamilton Nelson Wellington Orlando Diego Santiago Milan
Lorraine Cleveland Denver Kingston Logan Morgan Brooklyn Israel Chad Devon Lancaster Warren Bristol""".split()
# names that are also ordinary words, always written with a capital at the start of a sentence
WORD_NAMES = "Apple April Amber Shell Orange Hunter Rose Gap Target Sprint Summer Dove Crown Pearl".split()
ONSETS = "Va De Mi Kor Ta Lin Bra Zo Pel Ru Han Sho Gri Fal Ne Ost Ul Dra Cas Wen Yar Tor Quil Jas".split()
MIDDLES = "ra lo ni ve du ma sti ke po ri za len go shi ba te vo ru".split()
ENDS = "na ton ski mer lia dor vich ley ro bin sen da kov ra well ga nto ber mi tza".split()
FIRST = """Anna Peter Maria John Elena David Sara Mehmet Ali Ingrid Hans Yuki Omar Lucia Igor Nadia Tom Emma Ravi
Chen""".split()
ORG_TAILS = ["Corp", "Bank", "Group", "Airlines", "Motors", "Ltd", "University", "Institute"]
CLUB_TAILS = ["United", "Rovers", "City", "Athletic"]
LOC_HEADS = ["Lake", "Mount", "Port", "North"]
LOC_TAILS = ["Island", "Valley", "County", "Beach"]
NATIONS = """German French Turkish Dutch Polish Indian Chinese Brazilian Kenyan Spanish Greek Danish Swiss Irish
Mexican Russian Korean Finnish""".split()
MISC_TAILS = ["Cup", "Open", "Prize", "Treaty", "Festival", "Trophy"]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
