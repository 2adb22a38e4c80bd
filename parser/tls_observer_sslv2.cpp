// TlsObserver: a hello in the format of SSL 2.0, and the answer of a server that chooses SSL 2.0.

#include "parser/sslv2.hpp"
#include "parser/tls_observer_state.hpp"

namespace legible::parser {

void TlsObserver::State::feed_sslv2(Side from, std::span<const std::uint8_t>& bytes) {
  TlsDirection& direction = at(from);
  std::vector<std::uint8_t>& record = direction.buffer;
  const std::uint64_t start = direction.records.offset() - record.size();
  const auto take = [&](std::size_t size) {
    const auto part = bytes.first(std::min(bytes.size(), size - std::min(size, record.size())));
    record.insert(record.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    direction.records.start_at(start + record.size());
    return record.size() >= size;
  };
  if (!take(sslv2::header_size + 1)) return;

  const sslv2::MessageType type{record[sslv2::header_size]};
  const bool expected = from == Side::client ? type == sslv2::MessageType::client_hello
                                             : type == sslv2::MessageType::server_hello ||
                                                   type == sslv2::MessageType::error;
  if (!expected) {
    report_malformed(from, "record", "type", start);
    return stop(direction);
  }
  if (take(sslv2::record_size(record))) on_sslv2_record(from);
}

void TlsObserver::State::on_sslv2_record(Side from) {
  TlsDirection& direction = at(from);
  const std::vector<std::uint8_t> record = std::exchange(direction.buffer, {});
  const std::uint64_t start = direction.records.offset() - record.size();
  ++direction.tail.records;

  if (from == Side::client) {
    const auto decoded = decode_sslv2_client_hello(record);
    if (const auto* error = std::get_if<DecodeError>(&decoded)) {
      report_malformed(from, "ClientHello", error->field, start + error->offset);
      return stop(direction);
    }
    client_hello = std::make_shared<const ClientHello>(std::get<ClientHello>(decoded));
    direction.hello = true;
    direction.stage = TlsDirection::Stage::records;
    progress.on_client_hello(*client_hello);
    if (decryptor != nullptr) decryptor->on_client_hello(*client_hello);
    report(from, client_hello);
    if (client_hello->legacy_version < ssl3) stop(direction);
    return;
  }

  // SSL 2.0 has been chosen: what follows, on both sides, is no TLS.
  stop(direction);
  if (sslv2::MessageType{record[sslv2::header_size]} == sslv2::MessageType::error) {
    return report_malformed(from, "SSL 2.0 ERROR", "error", start + sslv2::header_size);
  }
  const auto decoded = sslv2::decode_server_hello(record);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_malformed(from, "SSL 2.0 SERVER-HELLO", error->field, start + error->offset);
  }
  const auto& answer = std::get<sslv2::ServerHello>(decoded);
  stop(at(Side::client));
  version = ProtocolVersion{answer.version};
  auto hello = std::make_shared<ServerHello>();
  hello->sslv2_format = true;
  hello->legacy_version = version;
  hello->version = version;
  hello->session_id_echoed = answer.session_id_hit;
  report(from, Shared<ServerHello>(std::move(hello)));
  if (answer.certificate.empty()) return;
  auto certificate = std::make_shared<CertificateMessage>();
  certificate->chain.push_back(answer.certificate);
  report(from, Shared<CertificateMessage>(std::move(certificate)));
}

}  // namespace legible::parser
