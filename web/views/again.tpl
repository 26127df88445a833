<form class="again" id="again" aria-label="What was sailed">
<button type="button" id="play">Pause</button>
<select id="times" aria-label="Speed">
% for times in (1, 5, 20, 60):
<option value="{{times}}">{{times}} ×</option>
% end
</select>
<output id="moment" for="slider"></output>
<div class="voyage">
<input type="range" id="slider" step="any" aria-label="Time">
<ol id="marks" aria-label="Great moments"></ol>
</div>
<p id="said" role="status"></p>
<a href="/tracks">other hours</a>
<a href="/map">the live map</a>
</form>
