% rebase("page.tpl", title=path)
% is_stage = "puzzles" in config
<div class="answer {{'oops' if not is_success else 'good' if reply.get('solved', True) else 'hint'}}">
<h1>{{!headline}}</h1>
% if reply.get("badge"):
<p class="badge">A badge for you! <strong>{{reply["badge"]}}</strong> <a href="/badges">Your badges</a></p>
% end
% if reply.get("try"):
<p class="try">Try this: <a href="{{reply['try']}}">{{address}}{{reply["try"]}}</a></p>
% end
% if note:
<p class="note">{{note}}</p>
% end
</div>

{{!get("base", "")}}

% if is_locked:
% include("lock.tpl")
% elif again and again.keys and not is_success:
<section>
<h2>Ask again</h2>
% include("form.tpl", form=again, values=sent, is_answer=is_stage)
</section>
% end

% if fields:
<section>
<h2>What came back</h2>
% include("fields.tpl", fields=fields)
</section>
% end

% next_forms = then or [again] if is_success and again and not is_stage else []
% if next_forms and (then or again.keys):
<section>
<h2>What next?</h2>
<div class="cards">
% for form in next_forms:
<div class="card">
% if form.keys:
<h3>{{form.path}}</h3>
<p>{{form.does}}</p>
% include("form.tpl", form=form, values={}, is_answer=False)
% else:
<h3><a href="{{form.path}}">{{form.path}}</a></h3>
<p>{{form.does}}</p>
% end
</div>
% end
</div>
</section>
% end

<section>
<h2>What you sent</h2>
% include("sent.tpl")
</section>

% if python:
<section>
<h2>The same in Python</h2>
<div class="copied">
<pre id="python">{{python}}</pre>
</div>
</section>
% end
