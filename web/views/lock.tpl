<section>
<h2>The key of the harbour</h2>
<form id="lock" action="/harbour">
<label><span>It opens the harbour, and does not stay in the browser's history.</span>
<input type="password" autocomplete="off" required autofocus></label>
<button>Open the harbour</button>
<p role="status"></p>
</form>
<noscript><p class="note">Without JavaScript, use the harbour in a terminal: python -m server.harbour</p></noscript>
</section>
