#include "proxy/ways/ca_pages.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "proxy/commands/ca_export.hpp"
#include "proxy/commands/ca_text.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

using certs::SigningCa;

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view pem_type = "application/x-pem-file";
constexpr std::string_view der_type = "application/x-x509-ca-cert";  // browsers offer to import it
constexpr std::string_view pkcs12_type = "application/x-pkcs12";
constexpr std::string_view policy =
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
    "X-Content-Type-Options: nosniff\r\n";

constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>legible: trust this CA</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }
pre { background: #f4f4f4; padding: .6em; overflow-x: auto }
</style></head><body>
<h1>The CA of this legible</h1>
<p>Connections through this proxy are intercepted: their certificates are issued by the CA below, which
clients have to trust for the time of the work. Whoever has its private keys can pass for any server
before these clients: forget it when the work is done. Compare the fingerprints with what
<code>legible ca show</code> prints on the proxy's machine: this page came over plain HTTP.</p>
)";

std::string in_html(std::string_view text) {
  std::string escaped;
  for (const char c : escape_utf8(text)) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// Lines of commands, of which each is harmless.
std::string lines_in_html(std::string_view lines) {
  std::string escaped;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    escaped += in_html(lines.substr(0, end)) + '\n';
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
  }
  return escaped;
}

std::string url(std::string_view path) { return fmt::format("http://{}{}", own_page_host, path); }

std::string front_page(std::span<const SigningCa> signers) {
  std::string page(page_head);
  for (const SigningCa& signer : signers) {
    const std::string name = ca_alias(signer);
    const auto [sha256, sha1] = fingerprints(signer.ca.certificate);
    page += fmt::format(
        "<h2>{}</h2>\n<p><a href=\"/{}.crt\">{}.crt</a> (DER), <a href=\"/{}.pem\">{}.pem</a></p>\n"
        "<pre>SHA-256 {}\nSHA-1   {}</pre>\n",
        in_html(signer.ca.certificate.subject.text), name, name, name, name, sha256, sha1);
  }
  page +=
      "<p>All in one file: <a href=\"/ca.pem\">ca.pem</a>; a truststore with the password "
      "<code>changeit</code>: <a href=\"/ca.p12\">ca.p12</a>. Where there are two certificates a "
      "client needs both.</p>\n";
  const CaPlace place{signers, "ca.pem", {}, [](const SigningCa* signer) {
                        const std::string path = signer == nullptr
                                                     ? "/ca.p12"
                                                     : fmt::format("/{}.pem", ca_alias(*signer));
                        return fmt::format("curl -s -x http://PROXY:PORT {}", url(path));
                      }};
  for (const CaRecipe& recipe : ca_recipes(place)) {
    page += fmt::format("<h3>{}</h3>\n<pre>{}</pre>\n", in_html(recipe.who),
                        lines_in_html(recipe.commands));
  }
  return page + "</body></html>\n";
}

}  // namespace

OwnPages ca_pages(std::span<const SigningCa> signers) {
  OwnPages::Pages pages;
  const auto add = [&](const std::string& path, std::string body, std::string_view type) {
    pages[path] = {200, "OK", std::move(body), policy, type};
  };
  add("/", front_page(signers), html);
  add("/ca.pem", export_ca(signers, CaForm::pem), pem_type);
  add("/ca.p12", export_ca(signers, CaForm::pkcs12), pkcs12_type);
  for (const SigningCa& signer : signers) {
    const std::span one(&signer, 1);
    add(fmt::format("/{}.pem", ca_alias(signer)), export_ca(one, CaForm::pem), pem_type);
    add(fmt::format("/{}.crt", ca_alias(signer)), export_ca(one, CaForm::der), der_type);
  }
  return OwnPages(std::move(pages));
}

}  // namespace legible::proxy
