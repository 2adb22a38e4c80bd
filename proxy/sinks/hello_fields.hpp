#pragma once
// The fields of the events `client-hello`, `server-hello` and `hello-retry-request`.

#include "parser/client_hello.hpp"
#include "parser/server_hello.hpp"
#include "proxy/sinks/json_writer.hpp"

namespace legible::proxy {

/// Writes them into an object that is open.
void write_hello(JsonWriter& line, const parser::ClientHello& hello);
void write_hello(JsonWriter& line, const parser::ServerHello& hello);

}  // namespace legible::proxy
