#include "proxy/commands/ca_text.hpp"

#include <fmt/format.h>
#include <mbedtls/sha1.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "parser/hex.hpp"
#include "proxy/sinks/json_writer.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

using certs::Certificate;
using certs::SigningCa;

/// How one kind of client is told. A line with {NAME} stands once for each certificate; {PEM} is
/// the command that writes one, {P12} the one that writes a truststore, {FILE} the file with all.
struct Recipe {
  std::string_view who;
  std::string_view lines;
};

constexpr Recipe recipes[] = {
    {"Each certificate as a file of its own, for what follows", "{PEM} > {NAME}.pem"},
    {"Java: JSSE, Tomcat, webMethods Integration Server with JSSE",
     "keytool -importcert -noprompt -alias {NAME} -file {NAME}.pem \\\n"
     "    -keystore truststore.jks -storepass changeit\n"
     "# then -Djavax.net.ssl.trustStore=truststore.jks "
     "-Djavax.net.ssl.trustStorePassword=changeit;\n"
     "# or -cacerts for all of this JVM. A PKCS#12 truststore with the password changeit, which "
     "Java\n"
     "# takes as it is: {P12} > truststore.p12"},
    {"webMethods Integration Server",
     "# the truststore above becomes a truststore alias (Security > Keystore), which is then "
     "chosen\n"
     "# under Security > Certificates; where none is chosen,\n"
     "# watt.security.cert.wmChainVerifier.trustByDefault decides"},
    {"IBM DataPower",
     "# {NAME}.pem into cert:///, as a crypto certificate object\n"
     "# then these objects into the validation credentials of the TLS client profile"},
    {"Debian, Ubuntu",
     "sudo cp {NAME}.pem /usr/local/share/ca-certificates/{NAME}.crt\n"
     "sudo update-ca-certificates"},
    {"Red Hat, Fedora, SUSE",
     "sudo cp {NAME}.pem /etc/pki/ca-trust/source/anchors/  # SUSE: /etc/pki/trust/anchors/\n"
     "sudo update-ca-trust  # SUSE: update-ca-certificates"},
    {"Windows: .NET, Edge, Chrome", "certutil -addstore Root {NAME}.pem"},
    {"macOS",
     "sudo security add-trusted-cert -d -r trustRoot \\\n"
     "    -k /Library/Keychains/System.keychain {NAME}.pem"},
    {"Firefox and NSS (Chrome on Linux: sql:$HOME/.pki/nssdb)",
     "certutil -A -d sql:PROFILE -n {NAME} -t C,, -i {NAME}.pem"},
    {"curl", "curl --cacert {FILE} ..."},
    {"Node.js", "export NODE_EXTRA_CA_CERTS={FILE}"},
    {"Python, Go, OpenSSL: instead of what they trust otherwise",
     "export SSL_CERT_FILE={FILE}\n"
     "export REQUESTS_CA_BUNDLE={FILE}  # Python's requests"},
};

std::string colon_separated(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{}{:02X}", text.empty() ? "" : ":", byte);
  }
  return text;
}

std::array<std::uint8_t, 20> sha1(const Certificate& certificate) {
  std::array<std::uint8_t, 20> digest{};
  mbedtls_sha1(certificate.der.data(), certificate.der.size(), digest.data());
  return digest;
}

std::string key_text(const Certificate& certificate) {
  const auto& key = certificate.key;
  return key.curve.empty() ? fmt::format("{} {}", key.algorithm, key.bits)
                           : fmt::format("{} {}", key.algorithm, key.curve);
}

std::string date_text(const std::optional<certs::Seconds>& date) {
  return date ? certs::rfc3339(*date) : std::string("?");
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// A command may go on in the next line.
std::string_view take_command(std::string_view& lines) {
  std::size_t end = lines.find('\n');
  while (end != lines.npos && end > 0 && lines[end - 1] == '\\') end = lines.find('\n', end + 1);
  const std::string_view command = lines.substr(0, end);
  lines.remove_prefix(std::min(lines.size(), command.size() + 1));
  return command;
}

void append_command(std::string& out, std::string_view command, const CaPlace& place) {
  std::string text = fmt::format("{}\n", command);
  replace_all(text, "{P12}", place.export_command(nullptr));
  replace_all(text, "{FILE}", shell_word(place.certificates.string()));
  if (text.find("{NAME}") == text.npos) {
    out += text;
    return;
  }
  for (const SigningCa& signer : place.signers) {
    std::string once = text;
    replace_all(once, "{NAME}", ca_alias(signer));
    replace_all(once, "{PEM}", place.export_command(&signer));
    out += once;
  }
}

}  // namespace

std::vector<CaRecipe> ca_recipes(const CaPlace& place) {
  std::vector<CaRecipe> told;
  for (const Recipe& recipe : recipes) {
    std::string commands;
    for (std::string_view lines = recipe.lines; !lines.empty();) {
      append_command(commands, take_command(lines), place);
    }
    told.push_back({recipe.who, std::move(commands)});
  }
  return told;
}

CaFingerprints fingerprints(const Certificate& certificate) {
  return {colon_separated(certificate.sha256), colon_separated(sha1(certificate))};
}

std::string ca_alias(const SigningCa& signer) {
  return signer.ca.key.is_rsa() ? "legible-rsa" : "legible-ec";
}

std::string shell_word(const std::string& word) {
  static constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  std::string quoted = word;
  replace_all(quoted, "'", "'\\''");
  return fmt::format("'{}'", quoted);
}

std::string ca_text(const CaPlace& place) {
  std::string out =
      "The interception CA of this installation. Its private keys never leave this machine: "
      "whoever\n"
      "has them can pass for any server before the clients that trust it. Clients should forget "
      "it\n"
      "when the work is done.\n\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "  {:<12}  {}\n", name, value);
  };
  for (const SigningCa& signer : place.signers) {
    const Certificate& ca = signer.ca.certificate;
    fmt::format_to(std::back_inserter(out), "{}\n", escape_utf8(ca.subject.text));
    line("key", key_text(ca));
    line("valid", fmt::format("{} to {}", date_text(ca.not_before), date_text(ca.not_after)));
    const auto [sha256, sha1] = fingerprints(ca);
    line("SHA-256", sha256);
    line("SHA-1", sha1);
    out += '\n';
  }
  line("certificates", place.certificates.string());
  line("private keys", place.keys.string());
  out +=
      "\nHow clients learn to trust it. Where there are two certificates a client needs both: "
      "which\n"
      "one it meets depends on the server's key, and on what the client can verify.\n";
  for (CaRecipe& recipe : ca_recipes(place)) {
    recipe.commands.pop_back();
    replace_all(recipe.commands, "\n", "\n  ");
    fmt::format_to(std::back_inserter(out), "\n{}\n  {}\n", recipe.who, recipe.commands);
  }
  return out;
}

std::string ca_json(const CaPlace& place) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.array("certificates", place.signers, [&](const SigningCa& signer) {
    const Certificate& ca = signer.ca.certificate;
    json.begin_object();
    json.field("subject", escape_utf8(ca.subject.text));
    json.field("key", key_text(ca));
    json.field("not_before", date_text(ca.not_before));
    json.field("not_after", date_text(ca.not_after));
    json.field("sha256", parser::hex(ca.sha256));
    json.field("sha1", parser::hex(sha1(ca)));
    json.end_object();
  });
  json.field("certificates_file", escape_utf8(place.certificates.string()));
  json.field("keys_file", escape_utf8(place.keys.string()));
  json.end_object();
  json.end_line();
  return out;
}

}  // namespace legible::proxy
