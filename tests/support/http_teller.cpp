#include "support/http_teller.hpp"

#include <algorithm>

#include "support/observation_recorder.hpp"

namespace legible::test {
namespace {

using namespace parser;

std::string side(Side from) { return from == Side::client ? "client: " : "server: "; }

std::string fields(const HttpFields& all) {
  std::string text;
  all.for_each([&](const HttpFields::Field& field) {
    text.append(" | ").append(field.name).append(": ").append(field.value);
  });
  return text;
}

std::string version(const HttpMessage& message) {
  return std::to_string(message.major) + "." + std::to_string(message.minor);
}

/// What comes behind the start line.
std::string rest(const HttpMessage& message) {
  std::string text = fields(message.headers);
  if (message.body_bytes > 0) text += " | body " + std::to_string(message.body_bytes);
  if (!message.body.empty()) {
    text += " \"" + std::string(message.body.begin(), message.body.end()) + "\"";
  }
  if (message.over_budget) text += " over budget";
  if (message.trailers.size() > 0) text += " | trailers" + fields(message.trailers);
  if (message.fields_dropped > 0) text += " | dropped " + std::to_string(message.fields_dropped);
  if (!message.protocol.empty()) text += " | to " + message.protocol;
  message.flags.for_each([&](HttpFlag flag) { text.append(" ! ").append(id(flag)); });
  if (!message.complete) text += " ...";
  return text;
}

struct Describe {
  std::string operator()(const HttpRequest& request) const {
    std::string text = "request " + std::to_string(request.id) + " " + request.method + " " +
                       request.target + " " + version(request);
    if (!request.scheme.empty()) text += " " + request.scheme + "://" + request.authority;
    if (request.pushed) text += " pushed";
    return text + rest(request);
  }
  std::string operator()(const HttpResponse& response) const {
    return "response " + std::to_string(response.id) + " " + std::to_string(response.status) +
           " to " + response.method + " " + response.target + rest(response);
  }
  std::string operator()(const Http2StreamReset& reset) const {
    return "reset " + std::to_string(reset.id) + " error " + std::to_string(reset.error.value);
  }
  std::string operator()(const Http2GoAway& goaway) const {
    return "goaway " + std::to_string(goaway.last_stream) + " error " +
           std::to_string(goaway.error.value) + " " + goaway.debug;
  }
  std::string operator()(const WebSocketMessage& message) const {
    std::string text = "websocket " + std::to_string(message.id) + " opcode " +
                       std::to_string(message.opcode) + " bytes " + std::to_string(message.bytes);
    if (message.frames != 1) text += " in " + std::to_string(message.frames);
    if (message.masked) text += " masked";
    if (message.compressed) text += " compressed";
    if (message.code) text += " code " + std::to_string(*message.code) + " " + message.reason;
    return text + (message.complete ? "" : " ...");
  }
  std::string operator()(const Malformed& malformed) const { return describe(malformed); }
  std::string operator()(const LimitReached& reached) const { return describe(reached); }
};

}  // namespace

void HttpTeller::on_first_head(Side from, PlainHttp&& head) {
  first_heads.push_back(
      side(from) +
      (head.status != 0 ? std::to_string(head.status) : head.method + " " + head.target) + " " +
      head.server);
}

void HttpTeller::on_http(Side from, const HttpEvent& event) {
  lines.push_back(side(from) + std::visit(Describe{}, event));
}

HttpTeller watch(std::span<const HttpTurn> turns, std::size_t piece, const Limits& limits) {
  HttpTeller teller;
  HttpObserver observer(teller, limits);
  for (const HttpTurn& turn : turns) {
    const std::span bytes(turn.bytes);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      observer.feed(turn.from, bytes.subspan(at, std::min(piece, bytes.size() - at)), {});
    }
  }
  observer.end(Side::client);
  observer.end(Side::server);
  return teller;
}

}  // namespace legible::test
