#pragma once
// What a client says first, by which it is decided what is to be done with it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "parser/client_hello.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// What is known of a client when its mode is chosen.
struct FirstFlight {
  /// Why there is no hello, if there is none; a broken one may be there all the same.
  enum class Lack : std::uint8_t {
    none,
    silence,
    plain_http,  ///< who asks in HTTP/1 can read an answer in it
    no_tls,
    proxy_header,  ///< a PROXY header comes first, from somebody who is not believed
    broken_hello,
    hello_too_long,
  };

  const parser::ClientHello* hello = nullptr;
  Lack lack = Lack::no_tls;
  std::string client;  ///< its address, without the port
  std::string target;  ///< the host that the proxy connects to

  /// Whom it asks for.
  const std::string& host() const { return hello && !hello->sni.empty() ? hello->sni : target; }
};

/// What `bytes`, all that the client has said, lack of a first flight in TLS. `hello` is what was
/// decoded of them, or null, and `entries` all that was noted of them. None: more must be seen, up
/// to `longest` bytes.
std::optional<FirstFlight::Lack> lack_of_first_flight(const parser::ClientHello* hello,
                                                      std::span<const Entry> entries,
                                                      std::span<const std::uint8_t> bytes,
                                                      std::size_t longest);

/// The same, if the client says nothing more: it has no whole hello.
FirstFlight::Lack lack_of_ended_flight(std::span<const std::uint8_t> bytes);

}  // namespace legible::proxy
