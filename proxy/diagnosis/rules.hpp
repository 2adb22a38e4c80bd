#pragma once
// The families of rules, in the order in which they are asked. Each looks at one situation and
// answers with a finding, or not at all; the first answer stands, if it is admissible.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// No TCP connection to the server; the proxy's own limits.
Answer connect_failure(const Situation& situation);
Answer own_header_refused(const Situation& situation);
Answer turned_away(const Situation& situation);
Answer balancers_own_check(const Situation& situation);
Answer left_before_target(const Situation& situation);
Answer proxy_closed(const Situation& situation);

/// Intercept: the proxy's own TLS could not go on, by its own limits or because a peer broke the
/// protocol.
Answer own_tls_failed(const Situation& situation);

/// The hello, or the answer to it, is not in the capture.
Answer not_captured(const Situation& situation);

/// Somebody's first bytes were no TLS.
Answer plain_text(const Situation& situation);

/// A dialogue that was to lead to TLS did not, and the client left.
Answer starttls_missed(const Situation& situation);
/// The server granted TLS in clear, and no hello came.
Answer starttls_unused(const Situation& situation);
/// The server wants TLS before what the client did in clear.
Answer tls_required(const Situation& situation);
/// The server's greeting lists what it can do (IMAP, MySQL), and no TLS.
bool greeting_offers_no_tls(const Situation& situation);
/// What the server said when it was asked for TLS and refused; empty if it did not.
std::string refusal_of_tls(const Situation& situation);

/// Nobody said hello: monitors, dead clients, broken hellos.
Answer before_hello(const Situation& situation);

/// The server never answers the ClientHello, or breaks off; the client does not wait.
Answer hello_unanswered(const Situation& situation);
/// The client fails over the server's warning that it does not know the name; the ServerHello may
/// still be on its way.
Answer warning_not_tolerated(const Situation& situation);
/// The server refuses the ClientHello, and the hello or the alert tells why.
Answer hello_refused(const Situation& situation);
/// The server closes on the ClientHello without a word.
Answer hello_dropped(const Situation& situation);
/// The handshake stops after a HelloRetryRequest.
Answer hello_retry_stopped(const Situation& situation);
/// The server falls silent in the middle of the handshake, and the client does not wait.
Answer server_stalled(const Situation& situation);
/// The server gives up after its own ServerHello.
Answer server_gave_up(const Situation& situation);

/// The client refuses what the ServerHello, or the key exchange, says.
Answer server_hello_refused(const Situation& situation);
/// The client refuses the server's certificate.
Answer server_certificate_refused(const Situation& situation);

/// The server refuses the client's certificate, or misses one.
Answer client_certificate_refused(const Situation& situation);

/// The keys, the Finished messages or the order of messages did not fit.
Answer client_left_during_key_exchange(const Situation& situation);
Answer key_exchange_failed(const Situation& situation);
Answer finished_refused(const Situation& situation);

/// After the handshake: renegotiation, refusals by the application, and every way to end.
Answer renegotiation(const Situation& situation);
Answer refused_by_application(const Situation& situation);
/// One side gave HTTP/2 up, by an error of its own.
Answer http2_given_up(const Situation& situation);
/// HTTP: the answer was not whole when the connection ended.
Answer http_answer_cut(const Situation& situation);
/// FTP: the server says no to a data connection, which the proxy does not see.
Answer ftp_data_refused(const Situation& situation);
Answer established_alert(const Situation& situation);
/// After the handshake one side's bytes are no TLS any more.
Answer broken_amid_data(const Situation& situation);
/// STARTTLS: after the handshake the client goes on in clear.
Answer went_back_to_clear(const Situation& situation);
/// Both sides wanted TLS for the log-in alone.
Answer encrypted_log_in_alone(const Situation& situation);
/// SMTP: after the handshake the client said no more than goodbye.
Answer only_said_goodbye(const Situation& situation);
/// A kept connection was used again while the server closed it.
Answer used_when_stale(const Situation& situation);
Answer finished_and_left(const Situation& situation);
Answer heartbleed_probe(const Situation& situation);
/// The client sent, paused, and sent again, and that more than once, without a word of the
/// server's.
bool sends_without_waiting(const Situation& situation);
/// Relayed: the client waited for an answer to what is by its size a request, and left.
bool left_its_request(const Situation& situation);
/// Relayed: the connection ended with the client's word, by the sizes of its records a request.
Answer last_request_unanswered(const Situation& situation);
Answer ended(const Situation& situation);

/// Still open when the observation ended.
Answer still_open(const Situation& situation);

}  // namespace legible::proxy::diagnosis
