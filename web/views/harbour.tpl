% rows = reply["sailors"] if "sailors" in reply else config["glance"](request)
% rebase("reply.tpl", fields=[field for field in fields if field.name not in ("sailors", "lesson", "eyes", "paused")])
% world, lessons = ocean.world, request.app.lessons
% lesson = lessons.get(world.lesson)
% shown = [step.badge for step in lesson.steps] if lesson else []
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
% if number or lesson:
<a class="button{{" now" if number == world.lesson else ""}}" href="/harbour/lesson?number={{number}}" title="{{lessons[number].title if number else "End the lesson"}}">{{number or "End"}}</a>
% end
% end
</p>
<h2>Who needs help</h2>
<ul class="need">
% for row in rows:
% if row["help"]:
<li><b class="sign">{{row["sign"]}}</b> <a href="/harbour/sailor?name={{row["name"]}}"><bdi>{{row["name"]}}</bdi></a>: <bdi>{{row["help"]}}</bdi></li>
% end
% end
</ul>
% if not any(row["help"] for row in rows):
<p>Nobody: all is well.</p>
% end
<h2>{{f"Lesson {world.lesson}: {lesson.title}" if lesson else "The class"}}</h2>
<div class="wide" tabindex="0" role="region" aria-label="The class">
<table class="class">
<thead><tr><th scope="col">name</th>
% for number in range(1, len(request.app.puzzles) + 1):
<th scope="col">{{number}}</th>
% end
% for badge in shown or ["badges"]:
<th scope="col">{{badge}}</th>
% end
<th scope="col">heard</th><th scope="col">a minute</th><th scope="col">by</th></tr></thead>
<tbody>
% for row in rows:
<tr>
<th scope="row"><b class="sign">{{row["sign"]}}</b><a href="/harbour/sailor?name={{row["name"]}}"><bdi>{{row["name"]}}</bdi></a></th>
% for number, tries in enumerate(row["tries"], 1):
% if number in row["solved"]:
<td class="done" title="solved, tries: {{tries}}">✓ {{tries or ""}}</td>
% elif number == row["puzzle"]:
<td class="{{"stuck" if row["sign"] == "?" else "open"}}" title="tries: {{tries}}, for {{row["minutes"]}} min; last: {{", ".join(row["wrong"])}}">{{tries}}× {{row["minutes"]}}′</td>
% else:
<td>{{f"{tries}×" if tries else "–"}}</td>
% end
% end
% for badge in shown:
<td class="{{"done" if badge in row["badges"] else ""}}">{{"★" if badge in row["badges"] else "–"}}</td>
% end
% if not shown:
<td>{{f"★ {len(row['badges'])}" if row["badges"] else "–"}}</td>
% end
<td>{{row["heard"]}}</td><td>{{row["requests_a_minute"]}}</td><td>{{row["by"]}}</td>
</tr>
% end
</tbody>
</table>
</div>
<p><a href="/harbour.csv">All this as a file</a></p>
</section>
