<ol class="stages" aria-label="The stages">
% for number, (route, state) in enumerate(seen, 1):
% if route:
<li class="{{'here' if number == stage and state == 'open' else state}}"><a href="/{{route}}" {{!'aria-current="step"' if number == stage else ""}}><span class="number">{{"✓" if state == "solved" else number}}</span> <span class="whole">{{route}}</span></a></li>
% else:
<li><span class="number">{{number}}</span> <span class="quiet">{{state}}</span></li>
% end
% end
</ol>
% if not sailor:
<p class="quiet"><a href="/">Join the ocean</a>, and the server remembers what you have solved.</p>
% end
