#include "proxy/har/exchange.hpp"

namespace legible::proxy::har {

std::size_t memory_of(const parser::HttpMessage& message) {
  constexpr std::size_t per_field = 8;
  return sizeof(Exchange) + message.headers.bytes() + message.trailers.bytes() +
         per_field * (message.headers.size() + message.trailers.size()) + message.target.size() +
         message.body.size();
}

}  // namespace legible::proxy::har
