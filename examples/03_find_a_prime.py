"""Let the program find the answer: the first puzzle of Steps wants a prime number greater than 100."""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


def is_prime(number):
    for divisor in range(2, number):
        if number % divisor == 0:
            return False
    return number > 1


number = 101
while not is_prime(number):
    number = number + 1

print("I send", number)
reply = requests.get(url + "/begin", params={"message": number, "format": "json"}).json()
print(reply["reply"])
if reply.get("solved"):
    print()
    print(requests.get(f"{url}/{reply['next']}", params={"format": "json"}).json()["reply"])
