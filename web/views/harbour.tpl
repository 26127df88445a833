% rows = reply["sailors"] if "sailors" in reply else config["glance"](request)
% rebase("reply.tpl", fields=[field for field in fields if field.name not in ("sailors", "lesson", "eyes", "paused")])
% world, lessons = ocean.world, request.app.lessons
% lesson, puzzles = lessons.get(world.lesson), range(1, len(request.app.puzzles) + 1)
% shown = [step.badge for step in lesson.steps if step.badge] if lesson else []
% def who(row, words=""):
<b class="sign">{{row["sign"]}}</b> <a href="/harbour/sailor?name={{row["name"]}}"><bdi>{{row["name"]}}</bdi></a>{{words}}
% end
<form action="/harbour/eyes" class="helm">
<input name="message" aria-label="a sentence for all" placeholder="Look at me" value="{{world.eyes}}" autocomplete="off" required>
<button>Eyes up</button>
</form>
<section id="class">
<p class="helm">
<a class="button" href="/harbour/{{"resume" if world.paused else "pause"}}">{{"Resume" if world.paused else "Pause"}}</a>
% if world.eyes:
<a class="button" href="/harbour/eyes">Eyes free</a>
% end
</p>
<p class="helm"><span>Lesson</span>
% for number in [*lessons, 0]:
<a class="button{{" now" if number == world.lesson else ""}}" href="/harbour/lesson?number={{number}}">{{number or "none"}}</a>
% end
</p>
<h2>Who needs help</h2>
<ul class="need">
% for row in rows:
% if row["help"]:
<li>
% who(row, f": {row['help']}")
</li>
% end
% end
</ul>
% if not any(row["help"] for row in rows):
<p>Nobody: all is well.</p>
% end
<h2>{{f"Lesson {world.lesson}: {lesson.title}" if lesson else "The class"}}</h2>
<div class="wide" tabindex="0" role="region" aria-label="The class">
<table class="class">
<thead><tr>
% for column in ["name", *puzzles, *(shown or ["badges"]), "silent", "a minute", "by"]:
<th scope="col">{{column}}</th>
% end
</tr></thead>
<tbody>
% for row in rows:
<tr><th scope="row">
% who(row)
</th>
% for number, tries in zip(puzzles, row["tries"]):
% is_done, is_open = number in row["solved"], number == row["puzzle"]
<td class="{{"done" if is_done else "open" if is_open else ""}}">{{"✓ " if is_done else ""}}{{f"{tries}×" if tries else "–"}}
% if is_open:
{{row["minutes"]}}′ <bdi>{{", ".join(row["wrong"])}}</bdi>
% end
</td>
% end
% for badge in shown:
<td class="{{"done" if badge in row["badges"] else ""}}">{{"★" if badge in row["badges"] else "–"}}</td>
% end
% for cell in [f"★ {len(row['badges'])}"] * (not shown) + [f"{row['silent']} s", row["requests_a_minute"], row["by"]]:
<td>{{cell}}</td>
% end
</tr>
% end
</tbody>
</table>
</div>
<p><a href="/harbour.csv">All this as a file</a></p>
</section>
