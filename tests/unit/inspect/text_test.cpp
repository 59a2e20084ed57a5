#include <forebay/graph/inspect/text.hpp>

#include <gtest/gtest.h>

namespace forebay::detail {
namespace {

TEST(Text, KeepsWhatIsUtf8) {
  const std::string text = "a\u00e9\u20ac\U0001F600";
  EXPECT_EQ(valid_utf8(text), text);
}

TEST(Text, ReplacesWhatIsNot) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b"),
            "a" + mark + "b");
  EXPECT_EQ(valid_utf8("\xC0\xAF"), mark + mark);             // "/" in two bytes
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), mark + mark + mark);  // half of a pair
  EXPECT_EQ(valid_utf8("\xF5\x80\x80\x80"), mark + mark + mark + mark);
  EXPECT_EQ(valid_utf8("\xE2\x82"), mark + mark);  // cut short
}

TEST(Text, IsHarmlessInXml) {
  EXPECT_EQ(xml_text("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  EXPECT_EQ(xml_text(std::string("\0\x1b\n", 3)), "\xEF\xBF\xBD\xEF\xBF\xBD\n");
}

TEST(Text, IsQuoted) { EXPECT_EQ(quoted("a\"b\\c\nd"), R"("a\"b\\c\nd")"); }

}  // namespace
}  // namespace forebay::detail
