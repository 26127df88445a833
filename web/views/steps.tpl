% rebase("reply.tpl")
<section>
% include("stages.tpl", stage=0, seen=config["stages"](1, False, sailor))
</section>
