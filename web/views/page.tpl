<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{title}} - Mocean</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/sea.css">
<script src="/static/page.js" defer></script>
</head>
<body>
<header>
<a class="skip" href="#reply">Skip to the reply</a>
<nav aria-label="Pages">
<a class="home" href="/">Mocean</a>
<a href="/steps">Steps</a>
<a href="/mocean">Rules</a>
<a href="/map">Map</a>
<a href="/helm">Helm</a>
<a href="/python">Python</a>
</nav>
% if chat:
<p class="mail"><a href="/popchat">Chat waits <b>{{chat}}</b></a></p>
% end
% if name:
<p class="sailor"><a href="/location"><img src="/static/favicon.svg" alt="" width="28" height="28"> You sail as <b><bdi>{{name}}</bdi></b></a></p>
% end
</header>
<main id="reply">
% world = ocean and ocean.world
% if world and world.eyes:
<p class="eyes" role="alert">{{world.eyes}}</p>
% end
% lesson = world and not request.is_leader and request.app.lessons.get(world.lesson)
% if lesson:
% step = lesson.next_step(request.asker.badges if request.asker else ())
<p class="lesson"><b>Lesson {{world.lesson}}:</b> {{step.task}} <a href="{{step.url}}">{{address}}{{step.url}}</a></p>
% end
% if saved_problem:
<p class="oops"><strong>What you saved is not used yet.</strong> {{saved_problem}}</p>
% end
{{!base}}
</main>
</body>
</html>
