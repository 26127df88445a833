<form action="{{form.path}}">
% for key in form.keys:
% if key.param.choices:
<fieldset>
<legend>{{key.name}}: {{key.param.what}}</legend>
% for choice in key.param.choices:
<button name="{{key.name}}" value="{{choice}}">{{choice}}</button>
% end
</fieldset>
% else:
<label><span><b>{{key.name}}</b>: {{key.param.what}}{{"" if key.is_required or is_answer or key.name == "word" else " (you may leave it out)"}}</span>
<input name="{{key.name}}" value="{{values.get(key.name, "")}}" autocomplete="off" autocapitalize="none" {{"required" if key.is_required else ""}} {{"autofocus" if is_answer else ""}}></label>
% end
% end
% if not any(key.param.choices for key in form.keys):
<button>Ask {{form.path}}</button>
% end
</form>
