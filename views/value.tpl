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
