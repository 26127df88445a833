% rebase("page.tpl", title="The helm")
% if not name:
<h1>Nobody sails in this browser yet. Join, and take the helm.</h1>
% include("join.tpl")
<p>Then come back to <a href="/helm">the helm</a>.</p>
% else:
<link rel="stylesheet" href="/static/helm/helm.css">
<script src="/static/helm/helm.js" type="module"></script>
<noscript><p>The helm needs JavaScript. Without it, <a href="/mocean">type URLs</a>.</p></noscript>
<h1 class="unseen">The helm of <bdi>{{name}}</bdi></h1>
<div id="helm" data-sailor="{{name}}">
<div class="ocean" role="img" aria-label="A chart of the ocean around your ship.">
<canvas></canvas>
<canvas></canvas>
</div>
<div class="instruments">
<svg viewBox="-50 -50 100 100" aria-hidden="true"><circle r="46"/><path id="needle" d="M0-40 14 30 0 18-14 30Z"/></svg>
<dl><dt>heading</dt><dd id="heading">-</dd></dl>
<dl><dt>speed</dt><dd id="speed">-</dd></dl>
<dl><dt>depth</dt><dd id="depth">-</dd></dl>
<dl><dt>under keel</dt><dd id="keel">-</dd></dl>
</div>
<div>
<div class="wheel" role="group" aria-label="The wheel">
% for value, label, key in (("a", "left", "a ←"), ("w", "faster", "w ↑"), ("s", "slower", "s ↓"), ("d", "right", "d →"), ("stop", "stop", "x"), ("dive", "dive", "e"), ("rise", "rise", "q"), ("ping", "ping", "p"), ("look", "look", "l"), ("get", "get", "g")):
<button type="button" value="{{value}}">{{label}} <kbd>{{key}}</kbd></button>
% end
</div>
<p id="mail" hidden><a href="/popchat">Chat waits for you</a></p>
<p><code id="url"></code></p>
<p id="said" role="status">Press a button or a key: here stands the URL that it sends, and the reply.</p>
<p id="try"></p>
<p class="quiet">In this browser you can type such a URL as it is. A program adds your id to it: <code>id=YOUR-ID</code>.</p>
<ul id="things" aria-label="In sight"></ul>
</div>
</div>
% end
