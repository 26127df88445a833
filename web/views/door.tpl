% rebase("page.tpl", title="Front door")
<h1 class="hello">Ahoy! You play by typing URLs.</h1>
<p class="lead">{{!headline}}</p>
% if note:
<p class="note">{{note}}</p>
% end
<p class="type">Type this into the address bar of your browser:
<strong class="typed">{{address}}</strong></p>
% if is_here and not ways:
<p class="quiet">This works on this computer only. Other computers need its name or number instead of {{parts[1].text}}.</p>
% elif ways:
<p class="quiet">{{"This works on this computer only. Other computers in the room type" if is_here else "In the room, this works too:"}}
<strong>{{" or ".join(ways)}}</strong></p>
% end
{{!qr}}

<div class="cards doors">
<section class="card">
<h2>Steps</h2>
<p>Puzzles, one after the other. Send an answer, and read the reply. When you solve one, it tells you the route of the next.</p>
<p><a class="button" href="/begin">Start here: /begin</a></p>
</section>
<section class="card">
<h2>Mocean</h2>
<p>A small ocean planet with many ships. Sail, talk, dive, and find what there is to find.</p>
% if name:
<p><a class="button" href="/location">Where is your ship? /location</a></p>
% else:
% include("join.tpl")
% end
</section>
<section class="card">
<h2>Python</h2>
<p>Write programs that play for you. There is nothing to install: they run right here, in your browser.</p>
<p><a class="button" href="/python">Try it: /python</a></p>
</section>
</div>

<section>
<h2>Aboard now</h2>
<ul class="names">
% for sailor in reply["sailors"]:
<li><bdi>{{sailor}}</bdi></li>
% end
</ul>
</section>

% if reply["news"]:
<section>
<h2>Great moments</h2>
<ul class="news">
% for news in reply["news"][:5]:
<li><bdi>{{news}}</bdi></li>
% end
</ul>
</section>
% end

<section>
<h2>More to see</h2>
<p class="links"><a href="/map">the live map</a> <a href="/badges">badges</a> <a href="/seasons">the seasons' book</a> <a href="/mocean">the rules of Mocean</a> <a href="/steps">about Steps</a> <a href="/status">the server's status</a></p>
</section>
