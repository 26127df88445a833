"""What is unfit for chat and names, besides rude words: links, what is private, and words that hurt together.

>>> why_unfit("Look at www.example.com")
"You can't send links here. Say it in words."

Words: a *host* is the name of a computer, like example.com, and its last part is its *ending*. A text is made *plain*
when all that is only dressing is taken off: K!LL is kill.
"""

import codecs
import re
import unicodedata

from game.lookalikes import LOOKS

LINK = "You can't send links here. Say it in words."
PRIVATE = "This looks private. Keep addresses and phone numbers secret, and don't ask others for theirs."
HURTFUL = "Words like these can hurt somebody. If you feel bad or afraid, talk to an adult whom you trust."
UNKIND = "A word in your message is not kind to everyone here. Please say it in another way."


def why_unfit(text):
    """Why a text is unfit, as a sentence for its writer, or None."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if is_private(text):
        return PRIVATE
    return LINK if has_link(text) else why_unkind(text)


# ---- Links ----

# Endings of hosts that are no words, no files and nothing that Python has behind a dot. With another one, it is a link
# if it looks like one otherwise: hi.it/x and free-robux.win are links, "I found.it" and player.id are not.
ENDINGS = """
com net org edu gov mil biz info xyz app dev site shop link club online website store tech icu gg tv
io ai co eu ac ae af ag al ar au az ba bd bg bn bo br ca ch ci cl cn cr cu cy cz de dk dz ec ee eg
es et fi fr ga ge gh gl gq gr gt hk hn hr hu ie il iq ir jo jp ke kg kh kr kw kz lb lk lt lu lv ly
ma mk ml mn mt mx mz ng ni nl np nz pe ph pk pl pt qa ro rs ru rw sa se sg si sk su sv th tk tn tr
tw tz ua ug uk uy uz ve vn xxx ye za zm zw рф рус укр бел
"""
IS_ENDING = frozenset(ENDINGS.split()).__contains__
LETTER_BEHIND = re.compile(r"\.[^\W\d_]")
HOST = re.compile(r"(?<![\w.@])((?:[\w-]+\.)+)([^\W\d_]{2,24})(?![\w(=\[]|\.\w)(/\w)?")
SPACED = re.compile(r"\.(?: (?<=\w \. )|(?<=\w\.))(?:com|net|org)\b(?![(=])")
NUMBERED = re.compile(r"(?<![\w.])(?!127\.|10\.|192\.168\.|0\.)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")  # like 192.0.2.7
DOT = re.compile(r"\s?[\[({]\s?(?:dot|\.)\s?[\])}]\s?|\sdot\s", re.IGNORECASE)


def has_link(text):
    """True if a host or a URL is in a text, also as example dot com."""
    text = DOT.sub(".", text) if "dot" in text or "[" in text or "(" in text else text
    small = text.lower()
    if "http:/" in small or "https:/" in small or "www." in small or "www ." in small:
        return True
    if "." not in text:
        return False
    if SPACED.search(small) or (text.count(".") >= 3 and NUMBERED.search(text)):
        return True
    return bool(LETTER_BEHIND.search(text)) and any(map(is_host, HOST.finditer(text)))


def is_host(match):
    name, ending, more = match.groups()
    if ending.istitle() or name.replace(".", "").isdecimal():  # a new sentence, or the 25.de of a date
        return False
    return IS_ENDING(ending.lower()) or "-" in name or more is not None


# ---- What is private ----

MAIL = re.compile(r"[\w.+-] ?@ ?[\w-]+ ?\. ?[^\W\d_]{2}|@ ?(?:gmail|hotmail|yahoo|icloud|gmx|aol|protonmail)\b")
SPELLED_MAIL = re.compile(
    r"""\bat\b \W{1,3} (?: (?:gmail|hotmail|yahoo|icloud|gmx|aol|protonmail)\b | [\w-]+ \W{1,3} dot \W{1,3} [a-z]{2} ) |
    \w\ ?[\[({]\ ?at\ ?[\])}]\ ?\w""",
    re.IGNORECASE | re.VERBOSE,
)
# Between two groups of digits there has to be something: if there were several ways to read a long number, trying all
# of them would take for ever, and everybody would have to wait.
PHONE = re.compile(
    r"""(?<![\w.,:/+-]) (?![01 ]{9,}\b) (?!012345) (?!\d\d?[./]\d\d?[./](?:19|20)\d\d\b) (?:
        \+ [1-9] (?: [ ./()-]{0,2} \d )+ |                                             # abroad
        00 \ ?[1-9] \d (?: [ ./()-]{0,2} \d )+ |
        \(? 0 [1-9] \d* (?: \)?[ /.-]\(? \d\d+ | [()] \d\d+ )* |                       # in Europe and Asia
        (?: 1[ .-] )? (?: [2-9]\d\d [ .-] | \([2-9]\d\d\) \ ? ) \d{3} [ .-] \d{4} |    # in America
        8 [ -]? \(? 9\d\d \)? [ -]? \d{3} [ -]? \d\d [ -]? \d\d                        # in Russia
    ) (?! \d | [ .,/-]\d )""",
    re.VERBOSE,
)
CALL = re.compile(
    r"""\b (?: (?:call|text|ring|phone|whatsapp) \s (?:me|us) (?:\s(?:on|at))? |
        (?:phone|mobile|cell|tel|telephone|whatsapp|handy) (?:\s(?:number|no|nr|is))* )
    \W{1,3} (?: \d [ ./()-]{0,2} ){7}""",
    re.IGNORECASE | re.VERBOSE,
)
STREET = re.compile(
    r"\b(?:live|living|address is|house is) (?:at |on |in )?(?:no\.? |number )?\d+\w? [a-z]", re.IGNORECASE
)
CHAT_NAME = re.compile(r"\b[^\W\d]\w+#\d{4}\b")  # somebody's name in another chat


def is_private(text):
    """True if an e-mail address, a phone number, a street or somebody's name in another chat is in a text."""
    digits = sum(map(text.count, "0123456789"))
    if digits >= 7 and (any(map(is_phone, PHONE.finditer(text))) or CALL.search(text)):
        return True
    if digits and (CHAT_NAME.search(text) if "#" in text else STREET.search(text)):
        return True
    if "@" in text and MAIL.search(text.lower()):
        return True
    return (" at" in text or "at " in text or "at)" in text) and bool(SPELLED_MAIL.search(text))


def is_phone(match):
    """True for as many digits as phone numbers have."""
    return 9 <= sum(map(str.isdigit, match[0])) <= 15


# ---- Words that are unfit together ----

# On each line words, a colon, and the company in which they are unfit, as a pattern for a text in its plain form: see
# `undressed`. Without a pattern they always are. Nobody should come across such words by reading programs, so each
# letter is moved by 13. To read or change a line: codecs.decode(line, "rot13").
WORDS_THAT_HURT = codecs.decode(
    """
xlf xlff xzf hanyvir hanyvivat xvyylbhefrys xvyyhefrys xvyyzlfrys unatlbhefrys:
lbhefrys hefrys lbfrys frys: (xvy+|unat|arpx|ebcr|fgno|fubbg|raq|fhvpvqr) (lbh?e? ?|he ?|lb ?)frys
lbhefrys hefrys frys: phg (lbh?e ?|he ?)frys(?! (n|na|fbzr|bhg|bss|ybbfr) )
zlfrys uvzfrys urefrys: (xvy+(vat)?|unat(vat)?|uheg(vat)?|phg+(vat)?) (zlfrys|uvzfrys|urefrys)
fhvpvqr: (pbzzvg|nggrzcg|qb|tb|nobhg) fhvpvqr|fhvpvqr (lbhe|lbh|he|gbv).*
oyrnpu: qevax (fbzr |gur )?oyrnpu
jevfg jevfgf: (fyvg|phg|fynfu) (lbhe |he |zl )?jevfgf?
whzc: (^|(tb|whfg|fubhyq|cyrnfr|cyf|naq) )whzc (bss?|bs|sebz|bhg bs) (n|gur|lbhe|he) (oevqtr|ebbs|pyvss|ohvyqvat|jvaqbj)
whzc: whzc va sebag bs (n|gur) (genva|pne|ohf|gehpx|ybeel)
qvr: (tb|whfg|cyrnfr|cyf|fubhyq|zhfg|pbzzvg) (naq |tb |pbzzvg )*qvr(?! ebyy)|^qvr (va n|lbh|h|nyernql|abj)
qvr qvrf: ubcr (lbh|h|ur|fur|gurl) (nyy |obgu )?qvrf?|(jnag|jnaan) (gb )?qvr|(lbh|h) fubhyq qvr
qvrq qrnq: (zvff|pnerf?|pel|unccl|tynq|orggre) .*(qvrq|jrer qrnq)
qrnq: (jnag|jnagf|jvfu) (lbh|h|zr|v|uvz|ure|gurz|jnf) ?(jnf |jrer )?qrnq
yvir: qbag jnag gb yvir
qrnq: orggre (bss )?qrnq
qrnq: (h|he|lbh|lbher|lbh ner|h e|h ner) qrnq (zrng|nsgre|gbzbeebj|ng fpubby)
jvgubhg: (jbeyq|yvsr|jr|rirelbar) .*orggre jvgubhg (lbh|h)|orggre bss jvgubhg (lbh|h)
raq: raq (lbhe|he|zl) (bja )?yvsr|raq vg nyy
xvyy xvy: (jvyy?|v?yy?|tbaa?n|thaan|vzz?n|svaan|gb|jnaan|tbggn|naq) xvyy? (lbh|h|ln|uvz|ure|gurz|he|lbhe)
zheqre fgno fgenatyr encr uheg: (jvyy?|vyy?|tbaan|thaan|gb|jnaan|naq) (zheqre|fgno|fgenatyr|encr|uheg) (lbh|h|uvz|ure)
fubbg chapu fync: (jvyy?|vyy?|tbaan|thaan|gb|jnaan|naq) (fubbg|chapu|fync) (lbh|h|uvz|ure)(?! (n|na|gur|fbzr) )
orng: orng (lbh|h|uvz|ure|gurz) hc
oernx fznfu chapu xvpx onfu: (oernx|fznfu|chapu|xvpx|onfu) (lbhe|he) (snpr|urnq|yrtf?|arpx|grrgu|abfr|nezf?)
fpubby: (fubbg hc|obzo|oybj hc|ohea qbja) (gur |zl |bhe |lbhe |guvf )?fpubby
tha xavsr obzo: oevat (n|zl) (tha|xavsr)|(unir|tbg|vf) n (tha|obzo)$
ohea: ohea (lbhe|he) ubhfr
yvir: xabj jurer (lbh|h|ur|fur) yvirf?
qvpu fgreora: oevatr? qvpu hz|(gögr|gbgr|gbrgr) qvpu|tru fgreora
gbv zbheve ghre: fhvpvqr gbv|in zbheve|invf gr ghre
zágngr zngngr fhvpíqngr fhvpvqngr zngne nzznmmngv: zágngr|zngngr|fhvpíqngr|fhvpvqngr|gr ibl n zngne|nzznmmngv
убей убейся сдохни убью mnovw: убей себя|убейся|сдохни|тебя убью|mnovw fv(r|ę)
""",
    "rot13",
)
UNKIND_WORDS = codecs.decode(
    """
qvpx: (n|zl|he|lbhe|uvf|ovt|fznyy|gval|fhpx|yvpx|fhpu|lbh|yvggyr|sng) qvpx|qvpx (cvpf?|urnq|snpr|fhpxre)
fhpx yvpx: (fhpx|yvpx) (zl|uvf|lbhe|he|vg(?! hc)) ?(onyyf|q|ahgf|ohgg|srrg)?
gvg qlxr ubr ubzb pevccyr zbatby: (lbh|h|he|lbhe|ln|lbher|ner|vf) (n |fhpu n |yvggyr |sng |htyl )*(gvg|qlxr|ubr|ubzb)
ubzb pevccyr zbatby: (lbh|h|he|lbher|ner|n|fghcvq|htyl|qvegl|yvggyr) (pevccyr|zbatby|ubzb)(?! fncvraf)|zbatby xvq
abbqf a00qm: fraq .*abbqf?
s: s (h|lbh|bss)
tnl: (fb|lbh e|gungf|gung vf|guvf vf|he|lbhe|lbher|lbh ner|h e|h ner|zbz|zhz|urf|furf) (fb |fhpu n )*tnl(?! cevqr)
zbz zhz zbgure znzn: (he|lbhe|lb) (zbz|zhz|zbgure|znzn) (vf )?(fb |n )?(tnl|sng|htyl|ubr|qrnq)
uvgyre urvy: (urvy|fvrt|yvxr|ybir|cenvfr) (uvgyre|urvy)|uvgyre (jnf|vf) (evtug|tbbq|terng|pbby)
wrj wrjf: (tnf|xvyy?|ohea|qvegl|svygul|fghcvq|ungr) (gur |nyy |gurfr |gubfr )*wrjf?
zhfyvz zhfyvzf neno nenof: (xvyy?|ohea|qvegl|svygul|fghcvq|ungr|greebevfg) (gur |nyy |gurfr )*(zhfyvzf?|nenof?)
oynpxf tlcfl tlcfvrf tnlf vzzvtenagf: (xvyy?|ohea|qvegl|svygul|ungr) (gur |nyy )*(oynpxf|tlcfl|tlcfvrf|tnlf|vzzvtenagf)
tlcfl: tlcfl fphz
onpx: tb onpx gb (lbhe|he) (bja )?pbhagel
""",
    "rot13",
)
QUESTIONS = """
live: where (do|does) (you|u|ya|he|she) live
address: (whats|what is|tell me|give me|send me) (your|ur) (home |street )?address
number: (whats|what is|tell me|give me|send me) (your|ur) ((phone|mobile|cell) number|number$)
snap snapchat insta instagram discord whatsapp tiktok telegram: (add|follow|text|dm|message|find) (me|us) on \\w+
snap snapchat insta instagram discord whatsapp tiktok telegram: (whats|what is|give me|my) (your |ur )?\\w+( is|$)
nude nudes:
pic pics picture photo photos: (send|show) .*of (you|u|yourself|urself|ur|your|urselves)
selfie pic pics: send (me |us )?(a |an |your |ur |some )*(selfie|pics?)
alone: (are|r) (you|u) (at )?home alone
tell: (dont|do not|never) tell (your|ur) (mum|mom|mother|dad|father|parents?)|secret dont tell
school name: (which|what) school (do|are|r) (you|u)|(whats|what is) (your|ur) (real|full|last) name
"""
COMPANY = {}  # by word, pairs of a pattern and what to say
for why, lines in ((HURTFUL, WORDS_THAT_HURT), (PRIVATE, QUESTIONS), (UNKIND, UNKIND_WORDS)):
    for line in lines.strip().splitlines():
        words, pattern = line.split(":")
        for word in words.split():
            COMPANY.setdefault(word, []).append((rf"\b(?:{pattern.strip()})\b" if pattern else "", why))

DRESSING = str.maketrans("01345$7@", "oieassta", "'’`´")  # signs that stand for letters, and those to leave out
REPEATED = re.compile(r"(\w)\1\1+")
BARRED = re.compile(r"(?<=\w)[!|](?=\w)")  # used as an i
WORD = re.compile(r"[^\W\d_]+")
SPELLED = re.compile(r"\b\w(?: \w\b){2,}")


def undressed(text):
    """A text in small letters, without signs and with one space between words: H.E.L.L.0!!! is hello."""
    text = BARRED.sub("i", text) if "!" in text or "|" in text else text
    text = REPEATED.sub(r"\1", text.casefold().translate(DRESSING))
    return SPELLED.sub(lambda letters: letters[0].replace(" ", ""), " ".join(WORD.findall(text)))


def why_unkind(text):
    """Why words are unfit together, in a sentence, or None."""
    plain = undressed(text)
    for form in (plain,) if text.isascii() else (plain, plain.translate(LOOKS).casefold()):
        for word in form.split():
            for pattern, why in COMPANY.get(word, ()):
                if re.search(pattern, form):  # which compiles it now, as most are never needed
                    return why
    return None
