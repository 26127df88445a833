% rebase("reply.tpl", then=[], again=None)
<section class="cards">
% for form in then:
<form class="card" action="{{form.path}}">
<input type="hidden" name="name" value="{{reply["name"]}}">
% if form.path == "/harbour/say":
<input name="message" aria-label="a message to {{reply["name"]}}" autocomplete="off" required>
% end
<button>{{form.path}}</button>
<span>{{form.does}}</span>
</form>
% end
</section>
