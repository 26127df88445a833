% rebase("page.tpl", title="Python")
% if not pyodide:
<div class="answer oops">
<h1>{{!headline}}</h1>
<pre>make python</pre>
</div>
% else:
<h1 class="unseen">Python</h1>
<link rel="stylesheet" href="/{{ace}}ace.css">
<link rel="stylesheet" href="/static/python/python.css">
<script src="/{{ace}}ace.js" defer></script>
<script src="/{{ace}}mode-python.js" defer></script>
<script src="/static/python/workbench.js" type="module"></script>
<noscript><p class="note">Here your browser runs Python, and needs JavaScript for it. Without that, <a href="/mocean">type URLs</a>.</p></noscript>
<div id="workbench" data-pyodide="{{pyodide}}" data-wheels="{{' '.join(wheels)}}" data-id="{{my_id}}" data-state="loading">

<section class="program" aria-label="Program">
<div class="tools">
<select id="program" aria-label="Open one of your programs"></select>
<button id="new">New</button>
<button popovertarget="examples">Examples</button>
<button popovertarget="more">More</button>
</div>
<div id="examples" class="menu" popover>
<p>An example opens as a copy, for you to change.</p>
% for example in examples:
<button name="{{example['name']}}" value="{{example['source']}}"><b>{{example["name"]}}</b> {{example["title"]}}</button>
% end
</div>
<div id="more" class="menu" popover>
<button id="rename">Rename this program</button>
<button id="download">Download it</button>
<button id="choose">Open a file</button>
<button id="remove">Delete this program</button>
</div>
<input id="file" type="file" accept=".py,.txt" aria-label="A program to open" hidden>
<pre id="editor">
import requests
from here import url

route = "begin"
key = "message"

while True:
    message = input("message: ")
    print(requests.get(url + route + "?" + key + "=" + message).text)
</pre>
<p class="keys"><span><kbd>Tab</kbd> indents. <kbd>Esc</kbd> leaves the editor.</span> Your programs stay in this browser.</p>
</section>

<section class="result" aria-label="Result">
<div class="tools">
<button id="run" title="Ctrl-Enter">Run <kbd>Ctrl-Enter</kbd></button>
<button id="stop" title="Ctrl-C, outside of the editor" disabled>Stop <kbd>Ctrl-C</kbd></button>
<button id="clear">Clear</button>
<p id="state" role="status"></p>
</div>
<div class="stage">
<svg id="picture" preserveAspectRatio="xMidYMin" role="img" aria-label="What the program draws">
<path class="sea" d="M0 0H900V900H0Z"/><path class="grid" d="M300 0V900M600 0V900M0 300H900M0 600H900"/>
<path class="track"/><circle class="ship" r="12"/><path class="depth"/><path class="floor"/>
</svg>
<div class="screen"><div id="console" role="log" aria-label="Console" tabindex="0"></div></div>
</div>
<div class="traffic">
<h2>Requests</h2>
<div id="bars" aria-hidden="true"></div>
<div class="rows" role="region" aria-label="Requests" tabindex="0">
<table>
<thead><tr><th scope="col">route</th><th scope="col">status</th><th scope="col">ms</th><th scope="col">bytes</th></tr></thead>
<tbody id="requests"></tbody>
</table>
</div>
</div>
</section>
</div>
% end
