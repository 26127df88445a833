% facts = [field for field in fields if field.kind != "records"]
% if facts:
<dl class="facts">
% for field in facts:
<div{{!' class="long"' if field.kind == "names" or len(field.value) > 24 else ""}}><dt>{{field.name}}</dt><dd>
% include("value.tpl", field=field)
</dd></div>
% end
</dl>
% end
% for field in fields:
% if field.kind == "records":
<h3>{{field.name}}</h3>
<div class="wide" tabindex="0" role="region" aria-label="{{field.name}}">
<table>
<thead><tr>
% for column in field.columns:
<th scope="col">{{column}}</th>
% end
</tr></thead>
<tbody>
% for row in field.value:
<tr>
% for column in field.columns:
<td>
% if column in row:
% include("value.tpl", field=row[column])
% end
</td>
% end
</tr>
% end
</tbody>
</table>
</div>
% end
% end
