% rebase("reply.tpl")
% badges = reply["badges"]
% if reply.get("name") and badges:
<section class="certificate">
<p class="quiet">Badges in the ocean Mocean</p>
<h2><bdi>{{reply["name"]}}</bdi></h2>
<ul class="badges">
% for badge in badges:
<li><strong>{{badge["badge"]}}</strong> {{badge["for"]}}
% if badge["first"] == reply["name"]:
<em>before all others</em>
% end
</li>
% end
</ul>
</section>
% end
