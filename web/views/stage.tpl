% rebase("reply.tpl")
% stage, puzzle = reply["stage"], config["puzzles"][reply["stage"] - 1]
% if reply["solved"]:
% if config["is_finished"](stage, sailor):
<section class="feat">
<p class="flags" aria-hidden="true">{{!"<i></i>" * 12}}</p>
<svg class="boat" viewBox="4 3 24 24" aria-hidden="true"><path d="M15 4v15H6.5Z"/><path class="jib" d="M17 7v12h8Z"/><path d="M5 21h22l-4 5H9Z"/></svg>
<p class="proud">From Pingala's triangle to Duke Ellington's song: <b><bdi>{{name or "you"}}</bdi> {{"has" if name else "have"}} solved all {{len(config["puzzles"])}} puzzles!</b></p>
</section>
% end
% way_on = reply["next"] or "mocean"
<p class="way-on"><a class="button" href="/{{way_on}}" autofocus>{{"Go on to" if reply["next"] else "Go to sea:"}} /{{way_on}}</a></p>
% else:
% had = max(sailor.hints.count(puzzle.route) if sailor else 0, reply.get("hint", 0))
<section>
<h2>Your answer</h2>
% if puzzle.task not in reply["reply"]:
<p class="task">Puzzle {{stage}}: {{puzzle.task}}</p>
% end
% earlier = [(number, hint) for number, hint in enumerate(puzzle.hints[:had], 1) if number != reply.get("hint")]
% if earlier:
<ol class="hints" aria-label="Hints">
% for number, hint in earlier:
<li value="{{number}}">{{hint}}</li>
% end
</ol>
% end
% include("form.tpl", form=again, values={} if "hint" in reply else sent, is_answer=True)
% if had < len(puzzle.hints):
<form action="{{again.path}}" class="help"><button name="message" value="{{f'hint {had + 1}' if had else 'hint'}}">{{"Next hint" if had else "Hint"}}</button></form>
% end
</section>
% end
% include("stages.tpl", stage=stage, seen=config["stages"](stage, reply["solved"], sailor))
