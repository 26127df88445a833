% rebase("reply.tpl")
% if not name:
<section>
<h2>Start here</h2>
% include("join.tpl")
</section>
% end
