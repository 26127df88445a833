% rebase("reply.tpl")
% stage, puzzles, next_route = reply["stage"], config["puzzles"], reply["next"]
<ol class="stages" aria-label="The stages">
% for number, puzzle in enumerate(puzzles, 1):
% if number < stage:
<li class="done"><a href="/{{puzzle.route}}"><span class="number">{{number}}</span> {{puzzle.route}}</a></li>
% elif number == stage:
<li class="{{'done' if reply['solved'] else 'here'}}"><a href="/{{puzzle.route}}" aria-current="step"><span class="number">{{number}}</span> {{puzzle.route}}</a></li>
% elif puzzle.route == next_route:
<li class="here"><a href="/{{next_route}}"><span class="number">{{number}}</span> {{next_route}}</a></li>
% else:
<li><span class="number">{{number}}</span> <span class="quiet">not found yet</span></li>
% end
% end
</ol>
% if next_route:
<p><a class="button" href="/{{next_route}}" autofocus>Go on to /{{next_route}}</a></p>
% elif reply["solved"]:
<p><a class="button" href="/mocean" autofocus>Go to sea: /mocean</a></p>
% end
