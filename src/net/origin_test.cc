// Goal: base URLs, authorities and proxy rules are read strictly, and no error
// repeats a secret.
// Method: tables of texts with their expected parts.
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/internal/authority.h"
#include "net/internal/proxy.h"

namespace plimsoll::net {
namespace {

TEST(OriginTest, a_url_is_taken_apart) {
  const auto origin = parse_origin("https://API.example.com/v1/");
  ASSERT_TRUE(origin);
  EXPECT_TRUE(origin->tls);
  EXPECT_EQ(origin->host, "api.example.com");
  EXPECT_EQ(origin->port, 443);
  EXPECT_EQ(origin->base_path, "/v1");

  const auto plain = parse_origin("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(plain->base_path, "");

  const auto v6 = parse_origin("http://[2001:DB8::1]:81/a/b");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->base_path, "/a/b");

  const auto path = parse_origin("unix:/run/model.sock");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->host, "unix:/run/model.sock");
}

TEST(OriginTest, what_is_no_base_url_is_refused) {
  for (const char* url :
       {"", "example.com", "ftp://x", "https://", "https://:1", "https://a:0", "https://a:65536",
        "https://a:8x", "https://a b", "https://a/?q", "https://a/#f", "https://a/ b",
        "https://[::1", "https://[1.2.3.4]", "https://[::1]x", "unix:relative", "https://a\r\nb",
        "https://\xc3\xa4"}) {
    const auto origin = parse_origin(url);
    ASSERT_FALSE(origin) << url;
    EXPECT_EQ(origin.error().kind, ErrorKind::config_invalid);
  }
}

TEST(OriginTest, a_password_in_the_url_is_refused_and_not_repeated) {
  const auto origin = parse_origin("https://me:hunter2@example.com/");
  ASSERT_FALSE(origin);
  EXPECT_EQ(origin.error().what.find("hunter2"), std::string::npos);
}

TEST(ProxyTest, credentials_become_an_authorization_field) {
  const auto proxy = parse_proxy("http://aladdin:open%20sesame@proxy.local:3128/");
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->host, "proxy.local");
  EXPECT_EQ(proxy->port, 3128);
  EXPECT_EQ(proxy->authorization, "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(parse_proxy("proxy:1")->authorization, "");
}

TEST(ProxyTest, a_bad_proxy_url_is_told_without_its_text) {
  for (const char* url : {"https://u:hunter2@p:1", "socks5://u:hunter2@p", "http://u:hunter2@:1"}) {
    const auto proxy = parse_proxy(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_EQ((proxy.error().what + proxy.error().hint).find("hunter2"), std::string::npos);
  }
}

TEST(ProxyTest, the_no_proxy_list_names_hosts) {
  EXPECT_TRUE(no_proxy_names("*", "a.b", 80));
  EXPECT_TRUE(no_proxy_names("x, example.com", "example.com", 80));
  EXPECT_TRUE(no_proxy_names("example.com", "api.example.com", 80));
  EXPECT_TRUE(no_proxy_names(".example.com", "api.example.com", 80));
  EXPECT_TRUE(no_proxy_names("*.example.com", "api.example.com", 80));
  EXPECT_TRUE(no_proxy_names("Example.COM", "example.com", 80));
  EXPECT_TRUE(no_proxy_names("example.com:8080", "example.com", 8080));
  EXPECT_TRUE(no_proxy_names("10.0.0.1,::1", "::1", 80));
  EXPECT_FALSE(no_proxy_names("", "example.com", 80));
  EXPECT_FALSE(no_proxy_names("example.com", "notexample.com", 80));
  EXPECT_FALSE(no_proxy_names("example.com:8080", "example.com", 80));
  EXPECT_FALSE(no_proxy_names("0.0.1", "10.0.0.1", 80));
}

TEST(ProxyTest, the_origin_decides_before_the_environment) {
  const ProxyEnvironment environment{
      .https_proxy = "http://s:1", .http_proxy = "http://p:2", .no_proxy = "inside.example"};
  Origin origin{.tls = true, .host = "api.example", .port = 443};
  EXPECT_EQ((*choose_proxy(origin, environment))->host, "s");
  origin.tls = false;
  EXPECT_EQ((*choose_proxy(origin, environment))->host, "p");
  origin.proxy = "http://own:3";
  EXPECT_EQ((*choose_proxy(origin, environment))->host, "own");
  origin.proxy = "";
  origin.use_environment_proxy = false;
  EXPECT_FALSE(choose_proxy(origin, environment)->has_value());
  origin.use_environment_proxy = true;
  for (const char* host : {"inside.example", "localhost", "127.0.0.1", "::1", "unix:/x"}) {
    origin.host = host;
    EXPECT_FALSE(choose_proxy(origin, environment)->has_value()) << host;
  }
}

TEST(AuthorityTest, it_is_written_back_with_brackets_where_needed) {
  EXPECT_EQ(to_authority("::1", 443), "[::1]:443");
  EXPECT_EQ(to_authority("a.b", 0), "a.b");
}

}  // namespace
}  // namespace plimsoll::net
