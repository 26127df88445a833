% rebase("reply.tpl")
% from datetime import datetime, timezone
% waiting, most = ocean.mail.waiting(sailor), 20
% said = [message._asdict() for message in [*ocean.mail.heard(sailor)[-most:], *waiting[:most]]]
% shown = {message["number"]: message for message in [*said, reply] if message["number"]}
% numbers = {message.number for message in waiting} - {reply["number"]}
% if shown:
<section>
<h2>What was said</h2>
<ol class="talk">
% for number, message in sorted(shown.items()):
% sent = datetime.fromtimestamp(message["sent"], timezone.utc)
<li class="{{'mine' if message['sender'] == name else 'waits' if number in numbers else 'latest' if number == reply['number'] else 'heard'}}">
<p class="who"><b><bdi>{{message["sender"]}}</bdi></b> <time datetime="{{sent.isoformat()}}">{{sent.strftime("%H:%M UTC")}}</time>{{" · still waits" if number in numbers else ""}}</p>
<p><bdi>{{message["message"]}}</bdi></p>
</li>
% end
</ol>
% if len(waiting) > most:
<p class="quiet">{{len(waiting) - most}} more wait.</p>
% end
% if waiting and not note:
<p><a class="button" href="/popchat?after={{waiting[:most][-1].number}}">I have read them</a></p>
% end
</section>
% end
