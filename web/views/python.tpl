% rebase("page.tpl", title="Python")
<h1>{{!headline}}</h1>
% if pyodide:
<div id="python" data-pyodide="{{pyodide}}" data-ace="{{ace}}" data-wheels="{{' '.join(wheels)}}" data-id="{{my_id}}"></div>
% end
