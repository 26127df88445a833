% rebase("reply.tpl")
<section>
% include("stages.tpl", stage=0, seen=config["stages"](1, False, sailor))
</section>
<section>
<h2>Let a program play</h2>
<p>A program can send many answers, and fast. Write one in Python, here in your browser: <a class="whole" href="/python">/python</a></p>
</section>
