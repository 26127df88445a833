% def show(field):
% if field.kind == "link":
<a href="{{field.value}}">{{field.value}}</a>
% elif field.kind == "names" and field.value:
<ul class="names">
% for item in field.value:
<li><bdi>{{item}}</bdi></li>
% end
</ul>
% elif field.kind == "records":
% include("fields.tpl", fields=[field])
% else:
<bdi>{{field.value or "none"}}</bdi>
% end
% end
% facts = [field for field in fields if field.kind not in ("records", "lines")]
% if facts:
<dl class="facts">
% for field in facts:
<div class="{{'long' if field.kind == 'names' or len(field.value) > 24 else 'short'}}"><dt>{{field.name}}</dt><dd>
% show(field)
</dd></div>
% end
</dl>
% end
% for field in fields:
% if field.kind == "lines":
<h3>{{field.name}}</h3>
<div class="wide" tabindex="0" role="region" aria-label="{{field.name}}">
<pre class="lines">{{field.value}}</pre>
</div>
% elif field.kind == "records":
<h3>{{field.name}}</h3>
<div class="wide" tabindex="0" role="region" aria-label="{{field.name}}">
<table class="{{'told' if any(cell.kind == 'link' for cell in field.value[0].values()) else 'listed'}}">
<thead><tr>
% for column in field.columns:
<th scope="col">{{column}}</th>
% end
</tr></thead>
<tbody>
% for row in field.value:
<tr>
% for column in field.columns:
<td data-column="{{column}}">
% if column in row:
% show(row[column])
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
