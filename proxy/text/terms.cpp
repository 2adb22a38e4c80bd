#include "proxy/text/terms.hpp"

#include <vector>

#include "proxy/diagnosis/verdict.hpp"

namespace legible::proxy {

std::span<const Term> all_terms() {
  static const std::vector<Term> terms{
      {"outcome", id(Outcome::ok), "Nothing failed, or what happened is benign."},
      {"outcome", id(Outcome::not_tls), "The client's first bytes were no TLS."},
      {"outcome", id(Outcome::aborted), "The proxy closed for its own reasons."},
      {"outcome", id(Outcome::failed), "The connection failed; closer, phase and cause say how."},

      {"phase", id(Phase::server_connect), "The proxy is opening the connection to the server."},
      {"phase", id(Phase::pre_hello),
       "TCP is up on the client's leg; no complete ClientHello was forwarded yet."},
      {"phase", id(Phase::client_hello), "A complete ClientHello was forwarded, no answer yet."},
      {"phase", id(Phase::hello_retry),
       "A HelloRetryRequest was forwarded; the second ClientHello or its answer is missing."},
      {"phase", id(Phase::server_hello),
       "The ServerHello was forwarded; the rest of the server's flight is not complete."},
      {"phase", id(Phase::server_auth),
       "The server's flight is complete; the client is judging its certificate."},
      {"phase", id(Phase::client_auth),
       "The client's Certificate was seen or inferred; the server has not judged it."},
      {"phase", id(Phase::key_exchange),
       "The client's key exchange or Finished was seen, with no client certificate in play."},
      {"phase", id(Phase::post_handshake),
       "Both Finished were sent, but application data did not flow both ways yet. The late "
       "refusals "
       "of TLS 1.3 live here."},
      {"phase", id(Phase::established), "Application data flowed in both directions."},
      {"phase", id(Phase::renegotiation), "A second handshake inside an established connection."},
      {"phase", id(Phase::closing), "An orderly end had begun."},

      {"closer", id(Closer::client), "The client ended it."},
      {"closer", id(Closer::server),
       "The server, or an invisible device in front of it, ended it."},
      {"closer", id(Closer::proxy), "This proxy ended it: a limit, a rule, a failed connect."},
      {"closer", id(Closer::nobody), "It was still open when the observation ended."},
      {"closer", id(Closer::ambiguous), "Both ended it in the same moment."},

      {"mechanism", id(Mechanism::alert_fatal), "A fatal alert that could be read."},
      {"mechanism", id(Mechanism::alert_encrypted), "An alert whose content cannot be read."},
      {"mechanism", id(Mechanism::alert_warning), "A warning that led to the end."},
      {"mechanism", id(Mechanism::close_notify), "close_notify, then FIN: TLS's orderly end."},
      {"mechanism", id(Mechanism::fin), "FIN without an alert."},
      {"mechanism", id(Mechanism::rst), "RST without an alert."},
      {"mechanism", id(Mechanism::plaintext_reply), "An answer that is no TLS."},
      {"mechanism", id(Mechanism::app_refusal),
       "The handshake completed; the refusal is an application's answer."},
      {"mechanism", id(Mechanism::timeout), "Nothing came for the time of a limit."},
      {"mechanism", id(Mechanism::connect_failed),
       "The connection to the server did not come about."},
      {"mechanism", id(Mechanism::still_open), "Nothing happened until the observation ended."},
      {"mechanism", id(Mechanism::proxy_abort), "The proxy closed."},

      {"confidence", id(Confidence::certain), "The content of the messages proves it."},
      {"confidence", id(Confidence::high),
       "The signature is unique, or independent evidence agrees with it."},
      {"confidence", id(Confidence::medium), "The signature fits; one or two look-alikes remain."},
      {"confidence", id(Confidence::low), "Only position and mechanism are known."},

      {"mode", "relay",
       "Bytes pass untouched, and TLS is decoded as far as it can be read without keys."},
      {"mode", "intercept",
       "TLS is ended on both legs: the client is shown a certificate of the proxy's own CA."},
      {"mode", "auto",
       "What can be intercepted is, the rest is relayed; the target event says why."},

      {"bad-server-cert", "mirror",
       "The client is shown a certificate that is bad in the same way as the server's, so that its "
       "own judgement is tested."},
      {"bad-server-cert", "refuse", "The proxy closes, and the verdict says why."},
      {"bad-server-cert", "accept",
       "The client is shown a good certificate; the verdict's masking says what was mended."},

      {"report", "inferred",
       "Told from sizes, order and endings of encrypted records, whose content cannot be read."},
      {"report", "inserted",
       "What the way in which the proxy was put in between caused by itself (insertion, in JSON)."},
      {"report", "masked",
       "What would fail without the proxy, which mended it (masking, in JSON)."},
  };
  return terms;
}

}  // namespace legible::proxy
