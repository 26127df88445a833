<form action="/join">
<label><span><b>name</b>: a name of your own, with 2 to 16 letters or digits</span>
<input name="name" autocomplete="off" autocapitalize="none" required></label>
% if has_word:
<label><span><b>word</b>: the club word, which your club leader knows</span>
<input name="word" autocomplete="off" autocapitalize="none" required></label>
% end
<button>Ask /join</button>
</form>
