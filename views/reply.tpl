<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{path}} - Mocean</title>
<link rel="stylesheet" href="/static/sea.css">
</head>
<body>
<nav><a href="/">Front door</a> <a href="/steps">Steps</a> <a href="/mocean">Mocean</a></nav>
<main>
<h1>{{reply["reply"]}}</h1>
% if "try" in reply:
<p>This works: <a href="{{reply['try']}}">{{reply["try"]}}</a></p>
% end
<table>
% for name, value in fields.items():
% if not has_records(value):
<tr><th scope="row">{{name}}</th><td>{{one_line(value)}}</td></tr>
% end
% end
</table>
% for name, records in fields.items():
% if has_records(records):
<h2>{{name}}</h2>
<table>
<tr>
% for column in records[0]:
<th scope="col">{{column}}</th>
% end
</tr>
% for record in records:
<tr>
% for column, item in record.items():
% if column == "example":
<td><a href="{{item}}">{{item}}</a></td>
% else:
<td>{{one_line(item)}}</td>
% end
% end
</tr>
% end
</table>
% end
% end
% if form:
<h2>Ask again</h2>
<form action="{{path}}">
% for _, name, key, required in form:
<label>{{name}} ({{key.what}}{{"" if required else ", may be left out"}}):
<input name="{{name}}" autocomplete="off" {{"required" if required else ""}}></label>
% end
<button>Ask</button>
</form>
% end
<h2>What you sent</h2>
<table>
<tr><th scope="row">address and port</th><td>{{address}}</td></tr>
<tr><th scope="row">route</th><td>{{path}}</td></tr>
% for name, value in values.items():
<tr><th scope="row">key {{name}}</th><td>{{value}}</td></tr>
% end
</table>
<h2>The same in Python</h2>
<pre>import requests
print({{python}})</pre>
</main>
</body>
</html>
