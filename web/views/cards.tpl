% rebase("reply.tpl")
<section class="handouts">
% for card in range(8):
<article>
{{!qr}}
<p><strong>Mocean</strong> Type these into the address bar:</p>
<ol>
% for url in reply["urls"]:
<li><code>{{url}}</code></li>
% end
</ol>
<p>Python: <code>{{reply["python"]}}</code></p>
<p>Ship <span class="blank"></span> Secret id <span class="blank"></span></p>
</article>
% end
</section>
