using System.Text.Json;

namespace Consoles.Tests.Broker.Api;

/// <summary>What every error of the API looks like (RFC 9457).</summary>
internal static class ProblemAnswer
{
    /// <returns>The problem, for what else it says.</returns>
    public static async Task<JsonElement> ShouldBeAsync(HttpResponseMessage answer, int status, string type)
    {
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).Should().Be(status, because: body);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        var problem = JsonDocument.Parse(body).RootElement;
        problem.GetProperty("type").GetString().Should().Be($"urn:problem-type:consoles:{type}");
        problem.GetProperty("status").GetInt32().Should().Be(status);
        problem.GetProperty("title").GetString().Should().NotBeNullOrEmpty();
        return problem;
    }
}
