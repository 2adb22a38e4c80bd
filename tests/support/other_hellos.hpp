#pragma once
// Hellos by which the diagnosis knows further stacks.

#include "support/timeline_builder.hpp"

namespace legible::tests {

inline parser::ClientHello hello_curl() {
  parser::ClientHello hello = hello_openssl();
  hello.alpn = {"h2", "http/1.1"};
  return hello;
}

inline parser::ClientHello hello_go() {
  parser::ClientHello hello = hello_openssl();
  hello.extensions.clear();
  append(hello.extensions, {0, 5, 10, 11, 13, 18, 23, 43, 51, 0xff01});
  return hello;
}

inline parser::ClientHello hello_gnutls() {
  parser::ClientHello hello = hello_openssl();
  hello.extensions.clear();
  append(hello.extensions, {0, 10, 11, 13, 22, 23, 28, 43, 51, 0xff01});
  append(hello.ciphers, {0x1304});
  return hello;
}

}  // namespace legible::tests
