<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The map - Mocean</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/sea.css">
<link rel="stylesheet" href="/static/map.css">
<script src="/static/map/map.js" type="module"></script>
</head>
<body class="map">
<main>
<div class="panel left">
<h1><a href="/">Mocean</a></h1>
<div class="card type">
<p>Join in: <strong class="typed">{{address}}</strong> <span class="how"><code>/join?name=</code>your-name</span></p>
% if get("ways"):
<p class="ways">or <strong>{{" or ".join(ways)}}</strong></p>
% end
{{!get("qr", "")}}
</div>
<svg class="compass" viewBox="-50 -50 100 100" aria-hidden="true">
<circle r="30"/>
<path d="M0-30 6-6 30 0 6 6 0 30-6 6-30 0-6-6Z"/>
<text y="-36">0°</text><text x="42" y="4">90°</text><text y="46">180°</text><text x="-40" y="4">270°</text>
</svg>
<p id="news" role="status"></p>
<p id="lesson"></p>
<section class="said">
<h2>Said to everyone</h2>
<div role="log" aria-label="Said to everyone"><ol id="chat"></ol></div>
</section>
</div>
<div class="square all">
<div class="ocean" role="img" aria-label="A chart of the ocean with its ships. A table of all ships is on this page, too.">
<canvas></canvas>
<canvas></canvas>
</div>
<p id="loud" role="status"></p>
</div>
<div class="panel right">
<dl class="facts">
<div><dt>aboard</dt><dd id="aboard">-</dd></div>
<div><dt>seamounts to find</dt><dd id="hidden">-</dd></div>
<div><dt>treasures to find</dt><dd id="treasures">-</dd></div>
<div><dt>sea floor known</dt><dd id="sounded">-</dd></div>
</dl>
<section>
<h2>Found most in season <span id="season">-</span></h2>
<ol id="best"></ol>
</section>
<section>
<h2>Great moments</h2>
<ol id="moments"></ol>
</section>
<div class="more">
<details>
<summary>All ships as a table</summary>
<div class="wide" tabindex="0" role="region" aria-label="All ships">
<table>
<thead><tr><th scope="col">ship</th><th scope="col">x</th><th scope="col">y</th><th scope="col">heading</th><th scope="col">speed</th></tr></thead>
<tbody id="table"></tbody>
</table>
</div>
</details>
<p class="links"><a href="/map">the whole ocean</a> <a href="/">front door</a> <a href="/mocean">rules</a> <a href="/seasons">seasons</a> <a href="/badges">badges</a></p>
<noscript><p>The map needs JavaScript. Without it, <a href="/chart">/chart</a> shows where the ships are.</p></noscript>
</div>
</div>
</main>
<div id="card" popover></div>
% if request.sent.get("from", "").strip():
% include("again.tpl")
% end
</body>
</html>
