% rebase("reply.tpl")
% stage, puzzle = reply["stage"], config["puzzles"][reply["stage"] - 1]
% if reply["solved"]:
% if config["is_finished"](stage, sailor):
<section class="feat">
<p class="flags" aria-hidden="true">{{!"<i></i>" * 12}}</p>
<p class="boat" aria-hidden="true"><img src="/static/favicon.svg" alt="" width="96" height="96"></p>
<p class="proud"><b><bdi>{{name or "You"}}</bdi></b> {{"has" if name else "have"}} solved all {{len(config["puzzles"])}} puzzles, from old India to Duke Ellington!</p>
</section>
% end
% way_on = reply["next"] or "mocean"
<p><a class="button" href="/{{way_on}}" autofocus>{{"Go on to" if reply["next"] else "Go to sea:"}} /{{way_on}}</a></p>
% else:
% had = max(sailor.hints.count(puzzle.route) if sailor else 0, reply.get("hint", 0))
<section>
<h2>Your answer</h2>
% if puzzle.task not in reply["reply"]:
<p class="task">Puzzle {{stage}}: {{puzzle.task}}</p>
% end
% if had:
<ol class="hints" aria-label="Hints">
% for hint in puzzle.hints[:had]:
<li>{{hint}}</li>
% end
</ol>
% end
% include("form.tpl", form=again, values={} if "hint" in reply else sent, is_answer=True)
% if had < len(puzzle.hints):
<form action="{{again.path}}" class="help"><button name="message" value="{{f'hint {had + 1}' if had else 'hint'}}">{{"Next hint" if had else "Hint"}}</button></form>
% end
</section>
% end
<ol class="stages" aria-label="The stages">
% for number, (route, state) in enumerate(config["stages"](stage, reply["solved"], sailor), 1):
% if route:
<li class="{{'here' if number == stage and state == 'open' else state}}"><a href="/{{route}}" {{!'aria-current="step"' if number == stage else ""}}><span class="number">{{"✓" if state == "solved" else number}}</span> {{route}}</a></li>
% else:
<li><span class="number">{{number}}</span> <span class="quiet">{{state}}</span></li>
% end
% end
</ol>
% if not sailor:
<p class="quiet">Who has joined the ocean finds here what he or she has solved: <a href="/">join</a>.</p>
% end
