<p class="url">
% for part in parts:
% if part.kind:
<span class="part {{part.kind}}"><code>{{part.text}}</code><span class="what">{{part.kind}}</span></span>\\
% else:
<code class="between">{{part.text}}</code>\\
% end
% end
</p>
<div class="meanings">
<ul>
% for part in parts:
% if part.means:
<li>The {{part.kind}} <code class="{{part.kind}}">{{part.text}}</code> means <q>{{part.means}}</q></li>
% end
% end
% for spelled, character in spellings:
<li><code>{{spelled}}</code> stands for <bdi>{{character}}</bdi></li>
% end
</ul>
% if spellings:
<p class="quiet">A URL can hold only some letters, digits and signs. A browser writes each byte of all else as a percent sign and a number in base 16.</p>
% end
</div>
