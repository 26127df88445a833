<form action="{{form.path}}">
% for _, key_name, key, required in form.wanted:
% if choices(key):
<fieldset>
<legend>{{key_name}}: {{key.what}}</legend>
% for choice in choices(key):
<button name="{{key_name}}" value="{{choice}}">{{choice}}</button>
% end
</fieldset>
% else:
<label><span><b>{{key_name}}</b>: {{key.what}}{{"" if required or is_answer else " (you may leave it out)"}}</span>
<input name="{{key_name}}" value="{{values.get(key_name, "")}}" autocomplete="off" autocapitalize="none" {{"required" if required else ""}} {{"autofocus" if is_answer else ""}}></label>
% end
% end
% if not any(choices(item.key) for item in form.wanted):
<button>Ask {{form.path}}</button>
% end
</form>
